"""A check of a host never passes over what it could not look at, and tells what it found in three places."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "host_watch" / "files" / "watch.py"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def said() -> list[tuple[int, str]]:
    return []


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: list[tuple[int, str]]) -> Run:
    """The program on these steps; the result that it kept."""
    for name in ("settings", "results", "metrics"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"GANYUN_WATCH_{name.upper()}", str(tmp_path / name))
    spec = importlib.util.spec_from_file_location("watch", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    monkeypatch.setattr(program.syslog, "syslog", lambda level, line: said.append((level, line)))

    def once(*steps: dict[str, Any]) -> dict[str, Any]:
        (tmp_path / "settings/seen.json").write_text(json.dumps({"steps": steps}))
        program.main("seen")
        result: dict[str, Any] = json.loads((tmp_path / "results/seen.json").read_text())
        return result

    return once


def shell(text: str, **more: Any) -> dict[str, Any]:
    return {"argv": ["sh", "-c", text], "statuses": [0, 1], "finding": "^f", **more}


def test_findings_are_kept_logged_and_counted(run: Run, tmp_path: Path, said: list[tuple[int, str]]) -> None:
    found = run(shell("echo f one; echo two; echo f three; exit 1", ignore="three"), shell("echo f four"))
    assert found["findings"] == ["f one", "f four"]
    assert found["errors"] == []
    assert [line for level, line in said if level == 1] == ["seen: f one", "seen: f four"]
    assert 'ganyun_watch_findings{check="seen"} 2\n' in (tmp_path / "metrics/ganyun_watch_seen.prom").read_text()


@pytest.mark.parametrize("step", [shell("echo f; echo no baseline >&2; exit 17"), {**shell(""), "argv": ["/no/tool"]}])
def test_a_step_that_cannot_answer_is_an_error(run: Run, said: list[tuple[int, str]], step: dict[str, Any]) -> None:
    found = run(step, shell("echo f later"))
    assert len(found["errors"]) == 1
    assert found["findings"] == ["f later"]
    assert len([line for level, line in said if level == 1]) == 2


def test_a_check_without_findings_says_that_it_was_made(run: Run, said: list[tuple[int, str]]) -> None:
    assert run(shell("true"))["ran_at"] > 0
    assert said == [(6, "seen: 0 findings, 0 errors")]
