"""Verdicts: no pass without evidence, waivers only for what they name and for their time, the worst point decides."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from infra.plan.waivers import Waiver
from tests.compliance.audit import Audit
from tests.compliance.catalogue import load_catalogue
from tests.compliance.judge import EXCERPT, UnreadableError, excerpt
from tests.compliance.probes import HostEvidence, Probe, last_line, remote_command
from tests.compliance.scope import Flow, HostScope
from tests.compliance.verdicts import Evidence, Finding, Verdict, judge_item, together, waive

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
HOST = HostScope.model_validate(
    {
        "name": "db-1",
        "groups": ["database"],
        "level": "3",
        "zone": "dedicated",
        "system": "approval",
        "owner": "o",
        "site": "primary",
        "automation": "robot",
        "administrators": ["sysadm"],
        "service_shells": [],
        "terminals": ["10.0.0.9/32"],
        "flows_in": [{"from": "10.0.0.0/24", "protocol": "tcp", "ports": [5432, "8000-8010"]}],
        "flows_out": [{"to": "10.0.1.0/24", "protocol": "icmp", "ports": []}],
    }
)
WAIVER = Waiver(
    item="8.1.4.2-d",
    point="automation-sudo",
    hosts=("database",),
    owner="o",
    reason="r",
    compensation="c",
    expires=date(2026, 6, 30),
)


def finding(verdict: Verdict, point: str = "automation-sudo") -> Finding:
    return Finding(point=point, title="t", verdict=verdict, detail="d", evidence=(0,))


def reading(command: str = "true", output: str = "") -> Evidence:
    return Evidence(command=command, output=output, exit_status=0, read_at=NOW)


def audit_of(item: str, readings: dict[str, Evidence], unreachable: str = "") -> Audit:
    return Audit(load_catalogue().by_id[item], HOST, HostEvidence(NOW, NOW, readings, unreachable))


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FAIL, Verdict.WAIVED, Verdict.NOT_APPLICABLE])
def test_there_is_no_verdict_without_evidence(verdict: Verdict) -> None:
    with pytest.raises(ValidationError, match="needs evidence"):
        Finding(point="p", title="t", verdict=verdict, detail="d")


@pytest.mark.parametrize("verdict", [Verdict.NOT_EVALUATED, Verdict.NOT_APPLICABLE])
def test_what_was_not_judged_says_why(verdict: Verdict) -> None:
    with pytest.raises(ValidationError, match="needs a reason"):
        Finding(point="p", title="t", verdict=verdict, detail="", evidence=(0,))


def test_a_point_never_holds_in_part() -> None:
    with pytest.raises(ValidationError, match="several points"):
        Finding(point="p", title="t", verdict=Verdict.PARTIAL, detail="d", evidence=(0,))


def test_a_point_that_does_not_apply_names_its_reason_and_its_evidence() -> None:
    audit = audit_of("8.1.4.1-a", {"true": reading()})
    audit.not_applicable("p", "t", "no such thing here", Probe("true"))
    assert audit.findings[0].verdict is Verdict.NOT_APPLICABLE
    assert audit.findings[0].evidence == (0,)


@pytest.mark.parametrize(
    ("points", "item"),
    [
        ((Verdict.PASS, Verdict.PASS), Verdict.PASS),
        ((Verdict.PASS, Verdict.NOT_APPLICABLE), Verdict.PASS),
        ((Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE), Verdict.NOT_APPLICABLE),
        ((Verdict.PASS, Verdict.WAIVED), Verdict.WAIVED),
        ((Verdict.PASS, Verdict.NOT_EVALUATED), Verdict.NOT_EVALUATED),
        ((Verdict.PASS, Verdict.NOT_EVALUATED, Verdict.FAIL), Verdict.PARTIAL),
        ((Verdict.WAIVED, Verdict.FAIL), Verdict.PARTIAL),
        ((Verdict.NOT_APPLICABLE, Verdict.FAIL), Verdict.FAIL),
        ((Verdict.NOT_EVALUATED, Verdict.FAIL), Verdict.FAIL),
        ((Verdict.PARTIAL, Verdict.PASS), Verdict.PARTIAL),
        ((), Verdict.NOT_EVALUATED),
    ],
)
def test_points_make_an_item_as_the_evaluation_standard_says(points: tuple[Verdict, ...], item: Verdict) -> None:
    assert together(points) is item
    assert together(points[::-1]) is item


def test_an_item_is_judged_by_its_points() -> None:
    findings = (finding(Verdict.PASS), finding(Verdict.FAIL))
    assert judge_item("h", "8.1.4.2-d", (), findings).verdict is Verdict.PARTIAL


def test_a_waiver_holds_to_its_last_day_and_then_counts_as_failed() -> None:
    names = HOST.names
    last = waive(finding(Verdict.FAIL), "8.1.4.2-d", names, (WAIVER,), date(2026, 6, 30))
    assert last.verdict is Verdict.WAIVED
    after = waive(finding(Verdict.FAIL), "8.1.4.2-d", names, (WAIVER,), date(2026, 7, 1))
    assert after.verdict is Verdict.FAIL
    assert "2026-06-30" in after.detail


@pytest.mark.parametrize(
    ("point", "item", "names"),
    [
        ("other", "8.1.4.2-d", {"db-1", "database"}),
        ("automation-sudo", "8.1.4.2-a", {"db-1", "database"}),
        ("automation-sudo", "8.1.4.2-d", {"web-1", "web_node", "all"}),
    ],
)
def test_a_waiver_covers_nothing_beyond_what_it_names(point: str, item: str, names: set[str]) -> None:
    judged = waive(finding(Verdict.FAIL, point), item, frozenset(names), (WAIVER,), date(2026, 1, 1))
    assert judged.verdict is Verdict.FAIL


def test_a_passed_point_is_never_turned_into_a_waived_one() -> None:
    assert waive(finding(Verdict.PASS), "8.1.4.2-d", HOST.names, (WAIVER,), date(2026, 1, 1)).verdict is Verdict.PASS


def test_a_host_that_cannot_be_asked_gives_no_evidence() -> None:
    audit = audit_of("8.1.4.1-a", {}, unreachable="no route")
    with pytest.raises(UnreadableError, match="no route"):
        audit.judge("p", "t", True, "d", Probe("true"))
    assert not audit.findings


def test_a_missing_command_is_not_taken_for_an_answer() -> None:
    gone = Evidence(command="nft", output="nft: not found", exit_status=127, read_at=NOW)
    with pytest.raises(UnreadableError, match="not found"):
        audit_of("8.1.4.4-c", {"nft": gone}).text(Probe("nft"))


def test_evidence_shared_by_points_is_kept_once() -> None:
    audit = audit_of("8.1.4.1-a", {"true": reading()})
    audit.judge("one", "t", True, "d", Probe("true"))
    audit.judge("two", "t", True, "d", Probe("true"))
    assert len(audit.evidence) == 1
    assert [each.evidence for each in audit.findings] == [(0,), (0,)]


def test_an_offender_found_twice_is_one_offender() -> None:
    audit = audit_of("8.1.4.1-a", {"true": reading()})
    audit.refuse("p", "t", ["a", "b", "a"], Probe("true"))
    assert audit.findings[0].detail == "发现 2 项：a、b"


def test_long_evidence_is_cut_and_says_so() -> None:
    assert "从略" in excerpt(reading(output="x" * (EXCERPT + 7))).output


def test_probes_are_filled_in_per_host() -> None:
    assert Probe("sshd -T -C user={automation},addr={terminal}").on(HOST) == "sshd -T -C user=robot,addr=10.0.0.9"


def test_the_collector_leaves_no_file_on_the_host() -> None:
    assert remote_command(["true"]).endswith("| base64 -d | sudo -n /usr/bin/python3 -BI -")


def test_the_last_line_of_a_complaint_is_what_counts() -> None:
    assert last_line("Warning\nssh: connect to host x: Connection refused\r\n").endswith("Connection refused")


def test_a_flow_declares_single_ports_ranges_or_all() -> None:
    database, echo = HOST.flows_in[0], HOST.flows_out[0]
    assert database.has_port(5432)
    assert database.has_port(8005)
    assert not database.has_port(8011)
    assert Flow.model_validate({"to": "10.0.0.0/8", "protocol": "tcp", "ports": []}).has_port(1)
    assert echo.peer == "10.0.1.0/24"
