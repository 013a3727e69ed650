"""What somebody changes by hand in the cloud is found, weighed and named, and put right again."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import Run, spare_server

DIFFERS = 3

Look = Callable[[], tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def look(run: Run, reports: Path) -> Look:
    """The command's exit code, and what its report lists."""

    def looked() -> tuple[int, list[dict[str, Any]]]:
        done = run(["python", "-m", "infra.drift"], check=False)
        assert done.returncode in (0, DIFFERS), done.stderr
        report = reports / "drift" / "latest" / "report.json"
        return done.returncode, json.loads(report.read_text(encoding="utf-8"))["findings"]

    return looked


@pytest.fixture
def tampered(cloud: Any) -> Iterator[None]:
    """A rule opened, a quota raised, a second exit, and a server that nobody planned."""
    project = next(iter(cloud.identity.projects(name="city-approval")))
    group = next(iter(cloud.network.security_groups(name="approval-database")))
    external = next(iter(cloud.network.networks(is_router_external=True)))
    segment = next(iter(cloud.network.networks(name="approval-dedicated")))
    with ExitStack() as undo:
        rule = cloud.network.create_security_group_rule(
            security_group_id=group.id,
            project_id=project.id,
            direction="ingress",
            protocol="tcp",
            port_range_min=5432,
            port_range_max=5432,
            remote_ip_prefix="0.0.0.0/0",
        )
        undo.callback(cloud.network.delete_security_group_rule, rule)
        quota = cloud.network.get_quota(project.id)
        cloud.network.update_quota(project.id, ports=quota.ports + 100)
        undo.callback(cloud.network.update_quota, project.id, ports=quota.ports)
        router = cloud.network.create_router(
            name="by-hand", project_id=project.id, external_gateway_info={"network_id": external.id}
        )
        undo.callback(cloud.network.delete_router, router)
        undo.enter_context(spare_server(cloud, "by-hand", segment))
        yield


@pytest.mark.usefixtures("tampered")
def test_what_was_changed_by_hand_is_found_and_ranked(look: Look) -> None:
    code, found = look()
    told = [(one["severity"], one["kind"], one["resource"].partition(" ")[0]) for one in found]
    assert code == DIFFERS
    assert [severity for severity, _, _ in told[:2]] == ["critical", "critical"]
    assert ("critical", "unmanaged", "router") in told
    assert any(one["severity"] == "critical" and "5432" in one["text"] for one in found)
    assert ("high", "changed", "QuotaV2") in told
    assert ("high", "unmanaged", "server") in told
    assert len(found) == 4, found


def test_an_untouched_cloud_has_no_drift(look: Look) -> None:
    assert look() == (0, [])
