"""The commands beside the audit say by their exit status what a script must know."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.compliance.__main__ import cli
from tests.compliance.report import schedule
from tests.compliance.report.changes import Earlier
from tests.compliance.report.signature import PUBLIC, sign
from tests.compliance.verdicts import Verdict
from tests.unit.compliance_report.conftest import NOW, made

WORSE = Earlier(at=NOW, verdicts={"db-1": {"8.1.4.1-a": Verdict.PASS}})
BETTER = Earlier(at=NOW, verdicts={"db-1": {"8.1.4.1-a": Verdict.FAIL}})


def call(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    return result.exit_code, result.output


def test_a_changed_report_ends_verify_with_an_error(folder: Path, tmp_path: Path) -> None:
    (folder / "report.json").write_text("{}")
    sign(folder, tmp_path)
    assert call("verify", folder, "--key", tmp_path / PUBLIC)[0] == 0
    (folder / "report.json").write_text("[]")
    status, told = call("verify", folder, "--key", tmp_path / PUBLIC)
    assert (status, "changed: report.json" in told) == (1, True)


def test_a_missing_key_is_no_verdict(folder: Path, tmp_path: Path) -> None:
    assert call("verify", folder, "--key", tmp_path / "none")[0] == 2


@pytest.mark.parametrize(("before", "status"), [(WORSE, 1), (BETTER, 0), (Earlier(), 0)])
def test_changes_fails_only_where_something_became_worse(folder: Path, before: Earlier, status: int) -> None:
    (folder / "report.json").write_text(made(earlier=before).model_dump_json())
    ended, told = call("changes", folder)
    assert ended == status
    assert told.count("\n") == len(made(earlier=before).changes)


def test_a_folder_without_a_report_is_said_to_have_none(folder: Path) -> None:
    assert call("changes", folder)[0] == 2
    assert call("summary", folder)[0] == 2


def test_without_systemd_the_command_to_schedule_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, told = call("schedule")
    assert status == 1
    assert "python -m tests.compliance daily" in told


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="only systemd itself can read its units")
def test_the_timer_is_one_that_systemd_understands(tmp_path: Path) -> None:
    for name, text in schedule.units(tmp_path, "*-*-* 02:30:00").items():
        (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", "--user", *map(str, tmp_path.glob(f"{schedule.NAME}.*"))]
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    assert not done.stderr
