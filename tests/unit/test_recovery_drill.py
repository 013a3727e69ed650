"""A drill is judged by rows and clocks; whatever stops it, its report says that it failed."""

from pathlib import Path
from typing import Any

import pytest

from disaster_recovery import manifest, report
from disaster_recovery.facts import Database, Facts, FactsError, load_database
from disaster_recovery.fault import FaultError, find
from disaster_recovery.journal import CommandError, Journal
from disaster_recovery.manifest import Canary, Manifest, Rows, compare
from disaster_recovery.measure import judge, measure
from disaster_recovery.objectives import Objective, standard

OBJECTIVE = Objective(rpo_seconds=300, rto_seconds=1800, standard="GB/T 20988-2025", level=5)
DATABASE = Database.model_validate(
    {
        "name": "demo",
        "title": "示例数据库",
        "application_role": "demo_app",
        "schema": "demo.sql",
        "verify": [{"table": "demo.items", "key": "id"}],
        "smoke": "SELECT 1",
    }
)
FACTS = Facts(
    system="demo",
    title="示例数据库",
    host="db-1",
    address="192.0.2.2",
    hosts_of_system=("db-1",),
    level=3,
    objective=OBJECTIVE,
    database=DATABASE,
    log_seconds=50,
    calm_seconds=100,
    password_file=Path("/nowhere"),
)
ROWS = Rows(low=0, high=9, count=9, checksum="1:2")
MANIFEST = Manifest(
    tables={"demo.items": ROWS},
    canary=Canary(number=5, written_at=100.0),
    system="7",
    log_position="0/1",
    asked_at=100.0,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    opened = Journal(tmp_path)
    opened.add("begin", "demo")
    opened.note("facts", FACTS.model_dump(mode="json", by_alias=True))
    return opened


class TestManifest:
    """Equal means equal; rows that came later don't disturb."""

    def test_equal_manifests_have_no_difference(self) -> None:
        later = MANIFEST.model_copy(update={"canary": Canary(number=9, written_at=200.0), "log_position": "0/9"})
        assert compare(MANIFEST, later) == ()

    @pytest.mark.parametrize("change", [{"count": 8}, {"checksum": "1:3"}])
    def test_one_row_or_one_character_is_a_difference(self, change: dict[str, Any]) -> None:
        other = MANIFEST.model_copy(update={"tables": {"demo.items": ROWS.model_copy(update=change)}})
        assert [one.what for one in compare(MANIFEST, other)] == ["demo.items"]

    def test_a_missing_table_and_another_cluster_are_differences(self) -> None:
        other = MANIFEST.model_copy(update={"tables": {}, "system": "8"})
        assert {one.what for one in compare(MANIFEST, other)} == {"demo.items", "system identifier"}

    def test_the_second_question_repeats_the_bounds_of_the_first(self) -> None:
        bounds = {"demo.items": (0, 9), "canary.heartbeat": (4, 1004)}
        question = manifest.sql(DATABASE, bounds)
        assert "t.id > 0 AND t.id <= 9" in question
        assert "t.number > 4 AND t.number <= 1004" in question
        assert "max(" not in question


class TestMeasurement:
    """From canaries and clocks."""

    def seconds(self, **changes: float) -> tuple[float, float, int]:
        values = {"fault_at": 1000.0, "served_at": 1100.0, "clock_offset": 0.0, **changes}
        found = measure(last=Canary(number=50, written_at=999), recovered=Canary(number=30, written_at=940), **values)
        return found.rpo_seconds, found.rto_seconds, found.canaries_lost

    def test_rpo_counts_back_to_the_newest_recovered_canary(self) -> None:
        assert self.seconds() == (60.0, 100.0, 20)

    def test_a_clock_that_runs_ahead_does_not_flatter_the_rpo(self) -> None:
        assert self.seconds(clock_offset=0.5) == (60.5, 100.0, 20)

    def test_a_service_cannot_return_before_the_fault(self) -> None:
        with pytest.raises(ValueError, match="before the fault"):
            self.seconds(served_at=999.0)

    @pytest.mark.parametrize(("rpo", "rto", "met"), [(300, 1800, True), (301, 10, False), (10, 1801, False)])
    def test_the_objective_itself_is_still_met(self, rpo: float, rto: float, met: bool) -> None:
        canary = Canary(number=1, written_at=1000 - rpo)
        found = measure(fault_at=1000, served_at=1000 + rto, last=canary, recovered=canary, clock_offset=0)
        assert judge(found, OBJECTIVE).met is met


class TestReport:
    """Failed, until the drill ran to its end."""

    def test_a_drill_that_was_cut_off_failed(self, journal: Journal) -> None:
        journal.add("step", "重建主机 rebuild")
        found = report.write(journal)
        assert found.verdict == "失败"
        assert "重建主机" in found.reason
        assert "失败" in (journal.folder / "report.html").read_text()

    def test_a_failed_step_is_named_with_its_reason(self, journal: Journal) -> None:
        journal.add("step", "核对 verify")
        journal.add("failed", "核对 verify", message="demo.items: 9 -> 8")
        assert report.build(journal.events()).reason == "核对 verify：demo.items: 9 -> 8"

    def test_missing_the_objective_is_no_success(self, journal: Journal) -> None:
        journal.note("differences", [])
        journal.note("met", False)
        journal.add("failed", "结论 conclude", message="missed")
        assert report.build(journal.events()).verdict == "未达标"

    def test_a_whole_drill_is_a_success_and_shows_only_what_it_showed(self, journal: Journal) -> None:
        canary = Canary(number=5, written_at=940)
        found = measure(fault_at=1000, served_at=1100, last=canary, recovered=canary, clock_offset=0)
        journal.note("clock_offset", 0.0)
        journal.note("calm_seconds", 3.0)
        journal.note("manifest", MANIFEST.model_dump())
        journal.note("manifest_after", MANIFEST.model_dump())
        journal.note("differences", [])
        journal.note("measurement", found.model_dump())
        journal.note("met", True)
        journal.add("end")
        built = report.write(journal)
        assert built.verdict == "达标"
        shown = {one.english: bool(one.shown) for one in built.elements}
        assert shown["data backup"]
        assert not shown["standby network"]
        page = (journal.folder / "report.html").read_text()
        assert "1 分 40 秒" in page
        assert page.count("未评估 not evaluated") >= 5


def test_a_failed_command_leaves_its_output_and_the_task_that_failed(journal: Journal) -> None:
    said = "TASK [good] ***\nok: [h]\n\nTASK [bad] ***\nfatal: [h]: FAILED! =>\n    msg: why\n\nPLAY RECAP ***\n"
    with pytest.raises(CommandError, match="msg: why") as caught:
        journal.run("示例 example", ["sh", "-c", "cat; exit 2"], given=said)
    assert "good" not in str(caught.value)
    assert (journal.folder / "evidence" / "01.txt").read_text() == said


def test_a_secret_input_is_not_evidence(journal: Journal) -> None:
    journal.run("示例 example", ["sh", "-c", "cat >/dev/null"], given="hunter2", secret=True)
    assert "hunter2" not in (journal.folder / "journal.jsonl").read_text()


def test_a_host_of_another_system_is_never_destroyed() -> None:
    with pytest.raises(FaultError, match="refused"):
        find(FACTS.model_copy(update={"hosts_of_system": ("web-1",)}))


@pytest.mark.parametrize(
    ("text", "key"), [("name: a b\n", "name"), ("name: x\nsurprise: 1\n", "surprise"), ("name: [", "YAML")]
)
def test_wrong_facts_name_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(text)
    with pytest.raises(FactsError, match=key) as caught:
        load_database(path)
    assert "demo.yaml" in str(caught.value)


def test_the_standard_has_seven_elements_and_both_editions_six_levels() -> None:
    known = standard()
    assert len(known.elements) == 7
    assert all(sorted(one.levels) == [1, 2, 3, 4, 5, 6] for one in known.editions.values())
