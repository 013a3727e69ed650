"""Drift is told with the weight that it has for the province, the worst first."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.drift.__main__ import changes, strangers
from infra.drift.findings import UNMANAGED, Change, Severity, Thing, judge_change, judge_unmanaged, ranked
from infra.drift.report import write
from infra.state import BELOW, PROJECT

RULE = {"direction": "ingress", "protocol": "tcp", "ports": "22-22", "prefix": "0.0.0.0/0", "group": None}


def thing(kind: str, **facts: Any) -> Thing:
    return Thing(kind=kind, name="x", id="1", project="p", facts=facts)


def change(type_: str, gone: bool = False, **properties: tuple[Any, Any]) -> Change:
    return Change(type=type_, name="x", gone=gone, properties=properties)


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (thing("router", gateway="external"), Severity.CRITICAL),
        (thing("router", gateway=None), Severity.HIGH),
        (thing("security group rule", **RULE), Severity.CRITICAL),
        (thing("security group rule", **RULE | {"prefix": None}), Severity.CRITICAL),
        (thing("security group rule", **RULE | {"prefix": "10.0.0.0/24"}), Severity.HIGH),
        (thing("security group rule", **RULE | {"group": "g", "prefix": None}), Severity.HIGH),
        (thing("server"), Severity.HIGH),
        (thing("port"), Severity.MEDIUM),
    ],
)
def test_an_unplanned_thing_weighs_what_it_opens(found: Thing, severity: Severity) -> None:
    assert judge_unmanaged(found).severity == severity


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (change("QuotaSetV2", instances=(6, 60)), Severity.HIGH),
        (change("QuotaSetV2", instances=(6, -1)), Severity.HIGH),
        (change("QuotaSetV2", instances=(6, 3)), Severity.MEDIUM),
        (change("QuotaSetV2", instances=(-1, 3)), Severity.MEDIUM),
        (change("Router", externalNetworkId=("", "internet")), Severity.CRITICAL),
        (change("Router", tags=([], ["a"])), Severity.LOW),
        (change("Instance", gone=True), Severity.CRITICAL),
        (change("Whatever", size=(1, 2)), Severity.MEDIUM),
    ],
)
def test_a_change_weighs_what_it_does(found: Change, severity: Severity) -> None:
    assert judge_change(found).severity == severity


def test_the_worst_comes_first() -> None:
    found = ranked(iter([thing("port"), thing("router", gateway="e")]), iter([change("Router", tags=([], ["a"]))]))
    assert [one.severity for one in found] == [Severity.CRITICAL, Severity.MEDIUM, Severity.LOW]


def test_every_kind_of_unplanned_thing_has_a_weight() -> None:
    for kind in UNMANAGED:
        assert judge_unmanaged(thing(kind)).mend


def cloud(*servers: Any) -> Any:
    empty: Any = lambda **_: []  # noqa: E731
    names = ("routers", "ips", "security_groups", "security_group_rules", "networks", "subnets", "ports")
    return SimpleNamespace(
        compute=SimpleNamespace(servers=lambda **_: servers), network=SimpleNamespace(**dict.fromkeys(names, empty))
    )


def test_only_what_lies_in_the_stacks_projects_and_not_in_its_state_is_unplanned() -> None:
    below = f"urn:pulumi:province::ganyun::{BELOW}ganyun:infra:Tenancy${PROJECT}::city-approval"
    state: list[dict[str, Any]] = [
        {"urn": "u", "type": PROJECT, "id": "p1", "outputs": {"name": "city-approval"}},
        {"urn": below, "type": PROJECT, "id": "p2", "outputs": {"name": "city-approval"}},
        {"urn": "u", "type": "openstack:compute/instance:Instance", "id": "s1"},
    ]
    servers = [
        SimpleNamespace(id=number, project_id=project, name=f"server-{number}", status="ACTIVE")
        for number, project in (("s1", "p1"), ("s2", "p1"), ("s3", "another"), ("s4", "p2"))
    ]
    (found,) = strangers(cloud(*servers), state, None)
    assert (found.id, found.project, found.kind) == ("s2", "city-approval", "server")


def test_a_rule_that_a_stranger_adds_to_a_planned_group_is_unplanned() -> None:
    """Neutron gives a rule to the project of whoever makes it: the admin's, when the admin opens a city's group."""
    state: list[dict[str, Any]] = [{"urn": "u", "type": "openstack:networking/secGroup:SecGroup", "id": "g1"}]
    opened = RULE | {
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": "0.0.0.0/0",
        "remote_group_id": None,
    }
    rules = [
        SimpleNamespace(id=f"r-{group}", project_id="admins", name="", security_group_id=group, **opened)
        for group in ("g1", "another")
    ]
    seen = cloud()
    seen.network.security_group_rules = lambda: rules
    (found,) = strangers(seen, state, None)
    assert (found.id, found.project, found.kind) == ("r-g1", "admins", "security group rule")


def test_a_refresh_without_difference_has_no_change() -> None:
    same = {"outputs": {"instances": 6, "__meta": "1"}}
    step = {"urn": "urn:pulumi:lab::ganyun::a$openstack:compute/quotaSetV2:QuotaSetV2::city", "oldState": same}
    assert list(changes([step | {"newState": {"outputs": {"instances": 6, "__meta": "2"}}}])) == []
    (found,) = changes([step | {"newState": {"outputs": {"instances": 60}}}])
    assert (found.type, found.name, found.properties) == ("QuotaSetV2", "city", {"instances": (6, 60)})
    (found,) = changes([step | {"newState": None}])
    assert found.gone


def test_the_page_names_every_finding_and_escapes_it(tmp_path: Path) -> None:
    found = ranked(iter([Thing(kind="server", name="<b>x", id="1", project="p", facts={})]), iter(()))
    text = write(tmp_path / "one", "lab", datetime(2026, 1, 1, tzinfo=UTC), found).read_text(encoding="utf-8")
    assert "&lt;b&gt;x" in text
    assert "<b>x" not in text
    assert (tmp_path / "latest" / "report.json").exists()
