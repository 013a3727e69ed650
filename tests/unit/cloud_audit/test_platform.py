"""Every point of every item that is judged on the cloud is seen to fail where just that is broken."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from tests.compliance.catalogue import load_catalogue
from tests.compliance.judge import UnreadableError
from tests.compliance.platform.gather import QUOTAS, SOURCES
from tests.compliance.platform.snapshot import Snapshot, Unread
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.probes import HostEvidence, Probe
from tests.compliance.verdicts import Finding, Verdict
from tests.unit.cloud_audit import clouds
from tests.unit.cloud_audit.breaks import CLOUD, HOSTS

CATALOGUE = load_catalogue()
MODULES = (
    "test_8_1_2",
    "test_8_1_3",
    "test_8_1_3_2",
    "test_8_1_5",
    "test_8_1_5_people",
    "test_8_2_network",
    "test_8_2_computing",
    "test_8_2_management",
)
OTHERS = {"8.1.4.9-b", "8.1.4.9-c"}  # judged on each host
Point = tuple[str, str]


@cache
def checks() -> dict[str, Callable[[PlatformAudit], None]]:
    """By control item."""
    found = {}
    for name in MODULES:
        for value in vars(importlib.import_module(f"tests.compliance.platform.{name}")).values():
            for mark in getattr(value, "pytestmark", []):
                if mark.name == "control":
                    found[mark.args[0]] = value
    return found


@cache
def well() -> dict[str, HostEvidence]:
    """What sound hosts answer."""
    return clouds.heard(clouds.answers())


def findings(cloud: Snapshot, said: dict[Probe, str] | None = None) -> dict[Point, Finding]:
    """What all checks find."""
    found, scope = {}, clouds.scope()
    answers = well() if said is None else clouds.heard(said)
    for item, check in checks().items():
        audit = PlatformAudit(CATALOGUE.by_id[item], 3, cloud, clouds.plan(), clouds.world(), scope, answers)
        check(audit)
        for finding in audit.findings:
            found[item, finding.point] = finding
    return found


@cache
def sound() -> dict[Point, Finding]:
    return findings(clouds.good())


def failed(found: dict[Point, Finding]) -> set[Point]:
    return {point for point, finding in found.items() if finding.verdict is Verdict.FAIL}


def test_a_cloud_as_planned_fails_nothing() -> None:
    assert {point: sound()[point].detail for point in failed(sound())} == {}


def named(points: str) -> set[Point]:
    return {(item, point) for item, _, point in (one.partition(":") for one in points.split())}


@pytest.mark.parametrize(("points", "spoil"), [one[1:] for one in CLOUD], ids=[one[0] for one in CLOUD])
def test_what_is_broken_in_the_cloud_fails_and_is_named(points: str, spoil: Callable[[Snapshot], Snapshot]) -> None:
    found = findings(spoil(clouds.good()))
    assert failed(found) == named(points)
    assert all(found[point].evidence for point in named(points))


@pytest.mark.parametrize(("points", "probe", "text"), [one[1:] for one in HOSTS], ids=[one[0] for one in HOSTS])
def test_what_hosts_say_wrong_fails(points: str, probe: Probe, text: str) -> None:
    assert failed(findings(clouds.good(), {**clouds.answers(), probe: text})) == named(points)


def test_a_flow_in_clear_text_is_waived_until_its_exemption_ends() -> None:
    flow = ("8.1.2.2-b", "other-clear-flows")
    clear = {point: finding for point, finding in sound().items() if point == ("8.1.2.2-b", "clear-flows")}
    assert [one.verdict for one in clear.values()] == [Verdict.WAIVED]
    assert flow not in failed(sound())
    assert flow in failed(findings(replace(clouds.good(), started=datetime(2031, 1, 1, tzinfo=UTC))))


def test_who_cannot_see_whose_each_project_is_judges_nothing() -> None:
    audit = PlatformAudit(
        CATALOGUE.by_id["8.1.2.1-c"],
        3,
        replace(clouds.good(), domains=(), unread={"domains": "HTTP 403"}),
        clouds.plan(),
        clouds.world(),
    )
    with pytest.raises(UnreadableError, match="domains: HTTP 403"):
        checks()["8.1.2.1-c"](audit)


def test_each_item_of_the_platform_has_a_check_or_a_reason_why_none_is_possible() -> None:
    for control in CATALOGUE.controls:
        if control.scope in ("platform", "management"):
            judged = any(control.id in files for files in (checks(), OTHERS))
            assert judged != bool(control.reason), control.id


def test_each_point_is_seen_to_fail() -> None:
    broken = named(" ".join([*(one[1] for one in CLOUD), *(one[1] for one in HOSTS), "8.1.2.2-b:other-clear-flows"]))
    judged = {point for point, finding in sound().items() if finding.verdict is Verdict.PASS}
    assert judged - broken == set()


@pytest.mark.parametrize("item", checks())
def test_a_cloud_that_cannot_be_reached_is_judged_in_nothing(item: str) -> None:
    silent = Snapshot(clouds.NOW, clouds.NOW, unreachable="no route")
    audit = PlatformAudit(CATALOGUE.by_id[item], 3, silent, clouds.plan(), clouds.world(), clouds.scope(), well())
    with pytest.raises(UnreadableError, match="no route"):
        checks()[item](audit)
    assert not audit.findings


@pytest.mark.parametrize("source", sorted({*SOURCES, *QUOTAS, "actions", "crossing", "own_views", "anonymous"}))
def test_a_source_that_cannot_be_read_fails_and_passes_nothing(source: str) -> None:
    changed: dict[str, Any] = {source: Unread("HTTP 403"), "unread": {source: "HTTP 403"}}
    cloud, broken_off = replace(clouds.good(), **changed), 0
    for item, check in checks().items():
        audit = PlatformAudit(CATALOGUE.by_id[item], 3, cloud, clouds.plan(), clouds.world(), clouds.scope(), well())
        try:
            check(audit)
        except UnreadableError:
            broken_off += 1
        assert not [one.detail for one in audit.findings if one.verdict is Verdict.FAIL]
    assert broken_off


def test_a_silent_host_leaves_a_point_open_and_is_named() -> None:
    audit = PlatformAudit(CATALOGUE.by_id["8.1.5.4-b"], 3, clouds.good(), clouds.plan(), clouds.world())
    checks()["8.1.5.4-b"](audit)
    keys = next(one for one in audit.findings if one.point == "keys")
    assert keys.verdict is Verdict.NOT_EVALUATED
    assert "bastion-1" in keys.detail


def test_evidence_of_servers_never_holds_their_first_boot_data() -> None:
    server: Any = importlib.import_module("tests.compliance.platform.seen").Server
    raw = {"id": "1", "name": "db-1", "status": "ACTIVE", "OS-EXT-SRV-ATTR:user_data": "secret", "image": {"id": "i"}}
    assert "secret" not in server.model_validate(raw).told
