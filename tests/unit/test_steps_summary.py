"""The summary repeats what reports say, and a drill counts only for the lab that it was made on."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab import secrets, summary
from lab.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    state = tmp_path / "state"
    here = Paths(tmp_path, tmp_path / "cache", state, state / "secrets", tmp_path / "reports")
    secrets.make_all(here)
    return here


def reported(paths: Paths, kind: str, stamp: str, content: dict[str, Any]) -> None:
    folder = paths.reports / kind / stamp
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
    latest = folder.with_name("latest")
    latest.unlink(missing_ok=True)
    latest.symlink_to(stamp)


def drill(verdict: str, began_at: float, values: dict[str, Any]) -> dict[str, Any]:
    objective = {"rpo_seconds": 900, "rto_seconds": 3600}
    return {"verdict": verdict, "began_at": began_at, "values": values, "facts": {"objective": objective}}


def test_a_lab_without_a_drill_is_not_drilled(paths: Paths) -> None:
    assert not summary.drilled(paths)
    assert summary.drill(paths) == []


@pytest.mark.parametrize(
    ("verdict", "age", "counts"), [("达标", 1, True), ("未达标", 1, False), ("失败", 1, False), ("达标", -1, False)]
)
def test_only_a_good_drill_of_this_lab_counts(paths: Paths, verdict: str, age: float, counts: bool) -> None:
    reported(paths, "drill", "1", drill(verdict, summary.born(paths) + age, {}))
    assert summary.drilled(paths) is counts


def test_a_later_failure_does_not_undo_a_good_drill(paths: Paths) -> None:
    reported(paths, "drill", "1", drill("达标", summary.born(paths) + 1, {}))
    reported(paths, "drill", "2", drill("失败", summary.born(paths) + 2, {}))
    assert summary.drilled(paths)
    assert "失败" in summary.drill(paths)[0][0]


def test_measured_stands_beside_promised(paths: Paths) -> None:
    reported(paths, "drill", "1", drill("达标", 0, {"measurement": {"rpo_seconds": 4.25, "rto_seconds": 187.0}}))
    ((text, place),) = summary.drill(paths)
    for words in ("RPO 4.2 s", "objective 900 s", "RTO 187.0 s", "objective 3600 s"):
        assert words in text
    assert place.endswith("reports/drill/latest/report.html")


def test_verdicts_are_counted_over_all_hosts(paths: Paths) -> None:
    hosts = [{"items": [{"verdict": "pass"}, {"verdict": "fail"}]}, {"items": [{"verdict": "pass"}]}]
    reported(paths, "compliance", "1", {"hosts": hosts})
    assert summary.compliance(paths)[0][0].endswith("fail 1, pass 2")
