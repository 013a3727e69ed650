"""Another province's data on the same cloud: built, seen unchanged, rebuilt after a loss, and gone without a trace.

It has a stack, a backend and facts of its own, so that nothing of the users' stack is touched.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tenacity import Retrying, stop_after_delay, wait_fixed

from tests.lab.conftest import ROOT, Run
from tests.lab.outage import outage

FACTS = ROOT / "tests" / "lab" / "province"
YES = ("--yes", "--skip-preview", "--non-interactive")


@dataclass(frozen=True)
class Small:
    """The second stack, and how to call Pulumi for it."""

    state: Path
    run: Run

    @property
    def environment(self) -> dict[str, str]:
        return {
            "GANYUN_STATE": str(self.state),
            "PULUMI_BACKEND_URL": f"file://{self.state / 'pulumi'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.state / "passphrase"),
            "PULUMI_STACK": "small",
        }

    def pulumi(self, *words: str, check: bool = True, **variables: str) -> Any:
        return self.run(["pulumi", *words], check=check, **self.environment, **variables)

    def resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.pulumi("stack", "export").stdout)["deployment"]["resources"]
        return found

    def ids(self, kind: str) -> dict[str, str]:
        return {r["urn"].split("::")[-1]: r["id"] for r in self.resources() if r["type"].endswith(f":{kind}")}


@pytest.fixture(scope="module")
def empty(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """The stack before its first `up`."""
    stack = Small(tmp_path_factory.mktemp("small"), run)
    (stack.state / "pulumi").mkdir()
    (stack.state / "passphrase").write_text("a stack for one test", encoding="utf-8")
    (ROOT / "stacks" / "Pulumi.small.yaml").unlink(missing_ok=True)  # of a run that was killed
    stack.pulumi("stack", "init", "small")
    key = Path(os.environ["GANYUN_SECRETS"], "ssh", "operator.pub").read_text(encoding="utf-8").strip()
    stack.pulumi("config", "set", "ganyun:operatorKey", key)
    stack.pulumi("config", "set", "ganyun:facts", str(FACTS))
    yield stack
    stack.pulumi("destroy", *YES)
    stack.pulumi("stack", "rm", "--yes")


@pytest.fixture(scope="module")
def interrupted(empty: Small) -> tuple[int, int]:
    """The first `up`, in the middle of which the API goes down: its exit code and how much it had made."""
    with outage(changes=25) as variables:
        done = empty.pulumi("up", *YES, check=False, **variables)
    return done.returncode, len(empty.resources())


@pytest.fixture(scope="module")
def small(empty: Small, interrupted: tuple[int, int]) -> Small:
    """The stack after a second `up`, which looks first at what the first one left."""
    assert interrupted
    empty.pulumi("up", "--refresh", *YES)
    return empty


def test_up_finishes_what_an_outage_interrupted(small: Small, interrupted: tuple[int, int], cloud: Any) -> None:
    code, made = interrupted
    assert code != 0
    assert 10 < made < len(small.resources())
    networks = [network.name for network in cloud.network.networks()]
    assert [networks.count(name) for name in ("desk-access", "records-dedicated")] == [1, 1]


def test_preview_of_what_was_just_built_shows_no_change(small: Small) -> None:
    small.pulumi("preview", "--expect-no-changes", "--non-interactive")
    small.pulumi("preview", "--refresh", "--diff", "--expect-no-changes", "--non-interactive")


def test_a_destroyed_host_comes_back_with_its_address_and_key(small: Small, cloud: Any) -> None:
    outputs = small.pulumi("stack", "output", "hosts").stdout
    port, servers = small.ids("Port")["records-1"], small.ids("Instance")
    cloud.compute.delete_server(servers["records-1"])
    cloud.compute.wait_for_delete(cloud.compute.get_server(servers["records-1"]), wait=60)
    small.pulumi("up", "--refresh", *YES)
    rebuilt = small.ids("Instance")
    assert rebuilt["records-1"] != servers["records-1"]
    assert rebuilt["desk-1"] == servers["desk-1"]
    assert small.ids("Port")["records-1"] == port
    assert small.pulumi("stack", "output", "hosts").stdout == outputs
    small.run(["playbooks/inventory.py", "--list"], **small.environment)
    for attempt in Retrying(stop=stop_after_delay(90), wait=wait_fixed(3), reraise=True):
        with attempt:
            done = small.run(["ssh", "-F", str(small.state / "ssh_config"), "records-1", "hostname"])
    assert done.stdout.strip() == "records-1"


def refused(small: Small, **variables: str) -> str:
    """The message of a preview that must fail, and fail before it declared anything."""
    done = small.pulumi("preview", "--non-interactive", check=False, **variables)
    told: str = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in told
    assert "to create" not in told
    assert "to delete" not in told
    return told


@pytest.fixture
def elsewhere(small: Small, tmp_path: Path) -> Iterator[Path]:
    """A copy of the facts that a test may spoil."""
    copy = tmp_path / "facts"
    shutil.copytree(FACTS, copy)
    small.pulumi("config", "set", "ganyun:facts", str(copy))
    yield copy
    small.pulumi("config", "set", "ganyun:facts", str(FACTS))


def test_what_the_cloud_does_not_have_is_told_together_before_anything_changes(small: Small, elsewhere: Path) -> None:
    path = elsewhere / "small.yaml"
    text = path.read_text(encoding="utf-8")
    for old in ("debian-12", "g1.small", "external_network: internet"):
        text = text.replace(old, f"{old}-none")
    path.write_text(text, encoding="utf-8")
    told = refused(small)
    for key in ("external_network", "images.base", "flavors.small"):
        assert f"  {key}\n" in told
    assert "facts/small.yaml:" in told


def test_facts_that_do_not_hold_stop_the_preview(small: Small, elsewhere: Path) -> None:
    path = elsewhere / "systems" / "records.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("protection_level: 2\n", ""), encoding="utf-8")
    told = refused(small)
    assert "facts/systems/records.yaml:" in told
    assert "protection_level" in told


def test_a_replacement_that_ends_data_needs_a_word_before_anything_changes(small: Small, elsewhere: Path) -> None:
    path = elsewhere / "systems" / "records.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("$departments:archive", "$departments:office"))
    servers, networks = small.ids("Instance"), small.ids("Network")
    done = small.pulumi("up", *YES, check=False)
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in told
    assert "records-1 (替换 replaced: " in told
    assert "GANYUN_DESTROY='small " in told
    assert (small.ids("Instance"), small.ids("Network")) == (servers, networks)


def test_wrong_credentials_name_the_entry(small: Small, tmp_path: Path) -> None:
    clouds = YAML().load(Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text(encoding="utf-8"))
    clouds["clouds"]["lab"]["auth"]["password"] = "not-the-password"  # noqa: S105
    with (tmp_path / "clouds.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(clouds, file)
    told = refused(small, OS_CLIENT_CONFIG_FILE=str(tmp_path / "clouds.yaml"))
    assert "wrong user name or password in entry lab" in told


def test_a_resource_moves_to_another_stack_and_back_untouched(small: Small, cloud: Any) -> None:
    """docs/stacks.md, Moving: only who knows of it changes."""
    network = small.ids("Network")["records-dedicated"]
    (segment,) = (r["urn"] for r in small.resources() if r["urn"].endswith("ganyun:infra:Segment::records-dedicated"))
    before = cloud.network.get_network(network).updated_at
    small.pulumi("stack", "init", "annex", "--no-select")
    small.pulumi("state", "move", "--source", "small", "--dest", "annex", "--yes", segment)
    assert [network in held(small, stack) for stack in ("small", "annex")] == [False, True]
    there = segment.replace(":small::", ":annex::")
    small.pulumi("state", "move", "--source", "annex", "--dest", "small", "--yes", there)
    assert [network in held(small, stack) for stack in ("small", "annex")] == [True, False]
    assert set(held(small, "annex").values()) <= {"pulumi:pulumi:Stack", "pulumi:providers:openstack"}
    small.pulumi("stack", "rm", "annex", "--force", "--yes")
    small.pulumi("up", "--expect-no-changes", *YES)
    assert cloud.network.get_network(network).updated_at == before


def held(small: Small, stack: str) -> dict[str, str]:
    """Types of what a stack knows, by id."""
    state = json.loads(small.pulumi("stack", "export", "--stack", stack).stdout)["deployment"]
    return {one.get("id", one["urn"]): one["type"] for one in state.get("resources", [])}


def left_over(cloud: Any, projects: set[str]) -> list[str]:
    """Whatever the cloud still holds for these projects."""
    network = cloud.network
    listings: list[Callable[[], Any]] = [
        network.networks, network.subnets, network.ports, network.routers, network.ips, network.security_groups,
    ]  # fmt: skip
    found = [f"{one.location} {one.id}" for listing in listings for one in listing() if one.project_id in projects]
    found += [one.name for one in cloud.compute.servers(all_projects=True) if one.project_id in projects]
    found += [one.name for one in cloud.identity.projects() if one.id in projects]
    found += [one.name for one in cloud.identity.domains() if one.id in projects]
    return found + [pair.name for pair in cloud.compute.keypairs() if pair.name.startswith("small-")]


def test_destroy_leaves_the_cloud_as_it_was(small: Small, cloud: Any) -> None:
    projects = set(small.ids("Project").values())
    assert len(left_over(cloud, projects)) > 20
    small.pulumi("destroy", *YES)
    assert left_over(cloud, projects) == []
