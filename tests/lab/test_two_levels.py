"""A province's stack and a city's below it, that one run by the manager of its own domain and with nothing else.

The facts are another province's; both stacks have a backend and a file of logins of their own.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import psutil
import pytest
from openstack.exceptions import ConflictException, ForbiddenException
from ruamel.yaml import YAML
from tenacity import Retrying, stop_after_delay, wait_fixed

from lab.openstack import inside, settings
from tests.lab.city import put
from tests.lab.conftest import ROOT, Run
from tests.lab.test_second_province import YES

FACTS = ROOT / "tests" / "lab" / "two_levels"
STACKS = ("upper", "lower")


@dataclass(frozen=True)
class Levels:
    """Both stacks, and how to call commands for one of them."""

    state: Path
    run: Run

    def environment(self, stack: str) -> dict[str, str]:
        return {
            "PULUMI_BACKEND_URL": f"file://{self.state / 'pulumi'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.state / "passphrase"),
            "OS_CLIENT_SECURE_FILE": str(self.state / "secure.yaml"),
            "PULUMI_STACK": stack,
        }

    def __call__(self, stack: str, *words: str, check: bool = True) -> Any:
        return self.run(words, check=check, **self.environment(stack))

    def outputs(self, stack: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self(stack, "pulumi", "stack", "output", "--json").stdout)
        return found

    def manager(self, project: str | None = None) -> Any:
        """The city's manager, in a project of the city, or where its entry leads."""
        entry = YAML(typ="safe").load((self.state / "secure.yaml").read_text(encoding="utf-8"))["clouds"]["lower"]
        auth = entry["auth"] | ({"project_name": project} if project else {})
        return openstack.connect(auth=auth, region_name=entry["region_name"], identity_api_version=3)


@pytest.fixture(scope="module")
def empty(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Levels]:
    """Both stacks before their first `up`."""
    levels = Levels(tmp_path_factory.mktemp("levels"), run)
    (levels.state / "pulumi").mkdir()
    (levels.state / "passphrase").write_text("two stacks for one test", encoding="utf-8")
    key = Path(os.environ["GANYUN_SECRETS"], "ssh", "operator.pub").read_text(encoding="utf-8").strip()
    for stack in STACKS:
        (ROOT / "stacks" / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)  # of a run that was killed
        levels(stack, "pulumi", "stack", "init", stack)
        levels(stack, "pulumi", "config", "set", "ganyun:operatorKey", key)
        levels(stack, "pulumi", "config", "set", "ganyun:facts", str(FACTS))
    yield levels
    for stack in reversed(STACKS):
        levels(stack, "pulumi", "destroy", *YES)
        levels(stack, "pulumi", "stack", "rm", "--yes")


def kill(levels: Levels, stack: str, resources: int) -> None:
    """Begin `pulumi up`, and end it as a power cut would when it has noted so many resources."""
    journal = levels.state / "pulumi" / "journal" / f"{stack}.jsonl"
    environment = os.environ | levels.environment(stack)
    with (levels.state / "killed.log").open("w") as log:
        up = subprocess.Popen(["pulumi", "up", *YES], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            for attempt in Retrying(stop=stop_after_delay(300), wait=wait_fixed(0.1), reraise=True):
                with attempt:
                    if up.poll() is not None:
                        pytest.fail((levels.state / "killed.log").read_text(encoding="utf-8"))
                    assert len(journal.read_text(encoding="utf-8").splitlines()) > resources
        finally:
            engine = psutil.Process(up.pid)
            for process in [*engine.children(recursive=True), engine]:  # Pulumi gives plugins groups of their own
                process.kill()
            up.wait()
    levels(stack, "pulumi", "cancel", "--yes")
    assert '"urn"' not in levels(stack, "pulumi", "stack", "export").stdout


@pytest.fixture(scope="module")
def upper(empty: Levels) -> Levels:
    """The province's stack, and the way in that it gives to the city's manager."""
    empty("upper", "pulumi", "up", *YES)
    empty("upper", "python", "-m", "infra.access", "--facts", str(FACTS))
    return empty


@pytest.fixture(scope="module")
def levels(upper: Levels) -> Levels:
    """Both; the first run of the city's was killed."""
    kill(upper, "lower", 20)
    upper("lower", "pulumi", "up", *YES)
    return upper


def test_a_stack_without_what_it_stands_on_says_whom_to_ask(empty: Levels) -> None:
    done = empty("lower", "pulumi", "preview", "--non-interactive", check=False)
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in told
    assert "run: pulumi up --stack upper" in told


def test_nothing_changes_when_nothing_changed(levels: Levels) -> None:
    for stack in STACKS:
        levels(stack, "pulumi", "preview", "--refresh", "--expect-no-changes", "--non-interactive")


def test_what_the_killed_run_made_is_gone(levels: Levels, cloud: Any) -> None:
    assert levels
    projects = {project.id for project in cloud.identity.projects()}
    for listing in (cloud.network.networks, cloud.network.routers, cloud.network.security_groups):
        # A DHCP agent that is late brings the `default` group of a project back after both are gone.
        things = [one for one in listing() if one.project_id and one.name != "default"]
        assert [one for one in things if one.project_id not in projects] == []
        named = [(one.project_id, one.name) for one in things]
        assert len(named) == len(set(named)), named
    domains = [domain.name for domain in cloud.identity.domains()]
    assert len(domains) == len(set(domains))


def test_the_city_was_built_by_its_manager_alone(levels: Levels, cloud: Any) -> None:
    server = next(one for one in cloud.compute.servers(all_projects=True) if one.name == "counter-1")
    user = cloud.identity.get_user(server.user_id)
    assert user.name == "lower-manager"
    assert server.project_id == levels.outputs("upper")["tenancies"]["lower"]["projects"]["counter-office"]


def test_the_city_reaches_the_province_by_way_of_the_link(levels: Levels, cloud: Any) -> None:
    assert levels
    first = inside.first_process(settings.load())
    assert first
    network = cloud.network.find_network("counter-dedicated")
    subnets = list(cloud.network.subnets(network_id=cloud.network.find_network("registry-access").id))
    assert sorted(subnet.ip_version for subnet in subnets) == [4, 6]
    for subnet in subnets:
        ping = ["ip", "netns", "exec", f"qdhcp-{network.id}", "ping", "-c1", "-W1", subnet.gateway_ip]
        for attempt in Retrying(stop=stop_after_delay(40), wait=wait_fixed(1), reraise=True):
            with attempt:
                inside.run_inside(first, ping)


def test_the_citys_manager_gets_no_further_than_the_province_says(levels: Levels, cloud: Any) -> None:
    own, centre = levels.manager("counter-office"), levels.manager("service-centre")
    project = own.current_project_id
    with pytest.raises(ForbiddenException):
        put(own.network, f"/quotas/{project}", {"quota": {"network": 100}})
    with pytest.raises(ConflictException, match="Quota exceeded"):
        own.network.create_network(name="one-more")
    with pytest.raises(ConflictException, match="Quota exceeded"):
        centre.network.create_router(name="another-way")
    exit_network = next(iter(cloud.network.networks(is_router_external=True))).id
    assert centre.network.find_network(exit_network) is None
    with pytest.raises(ForbiddenException):
        own.identity.create_user(name="spy", domain_id="default", password="a-word")  # noqa: S106


def test_each_stack_sees_what_was_opened_by_hand_in_its_own_projects(levels: Levels) -> None:
    own = levels.manager("counter-office")
    group = own.network.find_security_group("counter-counter-server")
    opened = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    rule = own.network.create_security_group_rule(security_group_id=group.id, **opened)
    try:
        found = {
            stack: levels(
                stack, "python", "-m", "infra.drift", "--facts", str(FACTS), "--reports", str(levels.state), check=False
            )
            for stack in STACKS
        }
    finally:
        own.network.delete_security_group_rule(rule)
    assert [found[stack].returncode for stack in STACKS] == [0, 3]
    assert "opens to everybody" in found["lower"].stdout
    assert "1 处差异" in found["lower"].stdout


def test_the_province_does_not_go_while_the_city_stands_on_it(levels: Levels) -> None:
    made = levels("upper", "pulumi", "stack", "export").stdout.count('"urn"')
    done = levels("upper", "pulumi", "destroy", *YES, check=False)
    assert done.returncode != 0
    assert "still stand on upper: lower" in done.stdout + done.stderr
    assert levels("upper", "pulumi", "stack", "export").stdout.count('"urn"') == made
