"""The record of an audit: complete by itself, in the order of the standard, and honest about what changed."""

from __future__ import annotations

from pathlib import Path

from tests.compliance.report import Report, load_report, summary
from tests.compliance.report.changes import Earlier, changes, earlier
from tests.compliance.verdicts import Verdict
from tests.unit.compliance_report.conftest import NOW, RESULTS, made, result


def write(folder: Path, report: Report) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(), encoding="utf-8")


def test_a_record_reads_back_as_it_was_written(report: Report, folder: Path) -> None:
    write(folder, report)
    assert load_report(folder) == report


def test_items_stand_in_the_order_of_the_standard(report: Report) -> None:
    listed = [item.id for item in report.hosts[0].items]
    assert listed == ["8.1.4.1-a", "8.1.4.1-b", "8.1.4.2-c", "8.1.4.2-d", "8.1.4.10-a"]


def test_failures_of_high_risk_come_first(report: Report) -> None:
    assert [(control.id, control.high_risk) for control, _, _ in report.failures] == [
        ("8.1.4.1-a", True),
        ("8.1.4.2-c", False),
    ]


def test_every_item_of_its_level_is_accounted_for_in_each_system(report: Report) -> None:
    for system in report.systems:
        assert [item.control.id for item in system.items] == [c.id for c in report.controls if system.level in c.levels]
        assert all(item.results for item in system.items if item.verdict is not Verdict.NOT_EVALUATED)


def test_a_system_counts_what_its_platform_does(report: Report) -> None:
    assert report.platform is not None
    system = next(each for each in report.systems if each.name != report.platform.system)
    verdicts = {item.control.id: item.verdict for item in system.items}
    assert verdicts["8.2.4.1"] is Verdict.PASS
    assert verdicts["8.1.4.1-a"] is Verdict.PARTIAL
    assert verdicts["8.1.4.2-a"] is Verdict.NOT_EVALUATED


def test_a_silent_host_is_named_and_nothing_of_it_passes(report: Report) -> None:
    assert [host.name for host in report.unreachable] == ["db-2"]
    assert any("UNREACHABLE: db-2: <no route>" in line for line in summary(report))
    assert report.unreachable[0].counts[Verdict.PASS] == 0


def test_only_what_became_worse_or_better_is_told() -> None:
    before = Earlier(
        at=NOW,
        verdicts={"db-1": {"8.1.4.1-a": Verdict.PASS, "8.1.4.2-c": Verdict.FAIL, "8.1.4.10-a": Verdict.NOT_EVALUATED}},
    )
    report = made(earlier=before)
    assert [(one.item, one.worse) for one in report.changes] == [("8.1.4.1-a", True), ("8.1.4.10-a", False)]
    told = [line for line in summary(report) if "→" in line]
    assert told[0].startswith("变差 worse: db-1 8.1.4.1-a: 符合 pass → 部分符合 partial")
    assert len(told) == 2


def test_an_item_or_host_seen_for_the_first_time_is_no_change() -> None:
    assert changes(Earlier(at=NOW, verdicts={"db-9": {}}), {"db-1": {"8.1.4.1-a": Verdict.FAIL}}) == ()


def test_each_host_is_compared_with_the_last_audit_that_saw_it(folder: Path) -> None:
    runs = folder.parent
    write(runs / "20260101T000000Z", made([result("db-2", "8.1.4.1-a", Verdict.FAIL)]))
    alone = made([result("db-1", "8.1.4.1-a", Verdict.PASS)])
    write(runs / "20260102T000000Z", alone.model_copy(update={"hosts": alone.hosts[:1]}))
    (runs / "20260103T000000Z").mkdir()
    (runs / "20260103T000000Z" / "report.json").write_text('{"hosts": [')
    write(folder, made(RESULTS))
    found = earlier(folder, {"db-1", "db-2", "db-9"})
    assert found.verdicts == {"db-1": {"8.1.4.1-a": Verdict.PASS}, "db-2": {"8.1.4.1-a": Verdict.FAIL}}


def test_a_platform_is_compared_like_a_host(folder: Path) -> None:
    write(folder.parent / "20260101T000000Z", made([result("platform", "8.2.4.1", Verdict.FAIL)]))
    report = made(earlier=earlier(folder, {"platform"}))
    assert [(one.host, one.worse) for one in report.changes] == [("platform", False)]
    assert {host.verdict("8.2.4.1") for host in report.hosts} == {Verdict.PASS, None}
