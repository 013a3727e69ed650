"""Many files in one round trip: written whole, only where they differ, and a check writes nothing."""

from __future__ import annotations

import grp
import importlib.util
import io
import json
import os
import pwd
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "host_files" / "files" / "host_files.py"
Run = Callable[..., str]
ME = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program on these entries; what it printed."""
    spec = importlib.util.spec_from_file_location("host_files", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)

    def once(entries: list[dict[str, Any]], *words: str, tags: Sequence[str] = ("all",), skipped: str = "") -> str:
        asked = {"entries": entries, "tags": tags, "skipped": skipped.split()}
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asked)))
        monkeypatch.setattr(sys, "argv", ["host_files.py", *words])
        mask = os.umask(0o077)
        try:
            program.main()
        finally:
            os.umask(mask)
        return capsys.readouterr().out

    return once


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    return [
        {"path": f"{tmp_path}/a/b.conf", "content": "one\n二\n", "mode": "0640", **ME},
        {"path": f"{tmp_path}/a/off.service", "link": "/dev/null"},
        {"path": f"{tmp_path}/a/closed", "folder": True, "mode": "0700", **ME},
    ]


def test_a_second_run_finds_nothing_to_do(run: Run, tmp_path: Path, entries: list[dict[str, Any]]) -> None:
    assert "+二" in run(entries)
    assert (tmp_path / "a/b.conf").read_text() == "one\n二\n"
    assert (tmp_path / "a/b.conf").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "a/off.service").readlink() == Path("/dev/null")
    assert (tmp_path / "a/closed").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b.conf", "closed", "off.service"]
    assert run(entries) == ""


@pytest.mark.parametrize("spoil", ["content", "mode", "link", "missing"])
def test_what_differs_is_named_and_put_right(
    run: Run, tmp_path: Path, entries: list[dict[str, Any]], spoil: str
) -> None:
    run(entries)
    file, link = tmp_path / "a/b.conf", tmp_path / "a/off.service"
    match spoil:
        case "content":
            file.write_text("other\n")
        case "mode":
            file.chmod(0o666)
        case "link":
            link.unlink()
            link.write_text("[Service]\n")
        case _:
            file.unlink()
    assert str(tmp_path) in run(entries, "--check")
    assert str(tmp_path) in run(entries)
    assert run(entries) == ""


def test_a_check_writes_nothing(run: Run, tmp_path: Path, entries: list[dict[str, Any]]) -> None:
    said = run([*entries, {"path": f"{tmp_path}/x", "content": "", "owner": "nobody-yet"}], "--check")
    assert said.count(f"{tmp_path}/") == 4
    assert not list(tmp_path.iterdir())


def test_an_owner_that_does_not_exist_stops_the_run(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="does not exist"):
        run([{"path": f"{tmp_path}/x", "content": "", "owner": "nobody-yet"}])


def test_lines_beside_a_marked_block_stay(run: Run, tmp_path: Path) -> None:
    entry = {"path": f"{tmp_path}/x.conf", "content": "a = 1\n", "marker": "mlps", **ME}
    (tmp_path / "x.conf").write_text("mine = 1\n")
    run([entry])
    assert (tmp_path / "x.conf").read_text() == "mine = 1\n# BEGIN mlps\na = 1\n# END mlps\n"
    with (tmp_path / "x.conf").open("a") as stream:
        stream.write("mine too = 1\n")
    assert run([entry]) == ""
    run([{**entry, "content": "b = 2\n"}])
    assert (tmp_path / "x.conf").read_text() == "mine = 1\n# BEGIN mlps\nb = 2\n# END mlps\nmine too = 1\n"


def test_a_block_comes_before_the_line_that_is_named_and_goes_when_it_is_empty(run: Run, tmp_path: Path) -> None:
    entry = {"path": f"{tmp_path}/pam", "content": "auth x", "marker": "factor", "before": "^@include .*-auth", **ME}
    lines = "auth early\n@include common-auth\n@include common-account\n"
    (tmp_path / "pam").write_text(lines)
    run([entry])
    assert (tmp_path / "pam").read_text() == f"auth early\n# BEGIN factor\nauth x\n# END factor\n{lines[11:]}"
    assert run([entry]) == ""
    run([{**entry, "content": ""}])
    assert (tmp_path / "pam").read_text() == lines
    assert run([{**entry, "content": "", "path": f"{tmp_path}/none"}]) == ""
    assert not (tmp_path / "none").exists()


def test_a_text_that_its_command_refuses_is_not_put_there(run: Run, tmp_path: Path) -> None:
    entry = {"path": f"{tmp_path}/x", "content": "good\n", "validate": ["grep", "-c", "good", "%s"], **ME}
    run([entry])
    with pytest.raises(SystemExit, match="/x: 0"):
        run([{**entry, "content": "bad\n"}])
    assert (tmp_path / "x").read_text() == "good\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize(
    ("tags", "skipped", "meant"),
    [(["all"], "", True), (["b"], "", True), (["c"], "", False), (["all"], "b", False), (["tagged"], "c", True)],
)
def test_tags_choose_the_entries_of_their_items(
    run: Run, tmp_path: Path, tags: list[str], skipped: str, meant: bool
) -> None:
    run([{"path": f"{tmp_path}/x", "content": "", "items": ["a", "b"], **ME}], tags=tags, skipped=skipped)
    assert (tmp_path / "x").exists() is meant


SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$HERE/calls"
case "$1" in
  show) cat "$HERE/shown" ;;
  enable) printf 'ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n' > "$HERE/shown" ;;
esac
"""


@pytest.mark.parametrize(
    "shown",
    [
        "ActiveState=inactive\nUnitFileState=enabled\nNeedDaemonReload=no\n",
        "ActiveState=active\nUnitFileState=disabled\nNeedDaemonReload=no\n",
        "ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=yes\n",
    ],
)
def test_a_unit_that_does_not_run_as_its_file_says_is_started(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    (tmp_path / "shown").write_text(shown)
    monkeypatch.setenv("HERE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert run([{"unit": "red.timer"}], "--check").startswith("red.timer: ")
    assert "enable" not in (tmp_path / "calls").read_text()
    assert run([{"unit": "red.timer"}]).startswith("red.timer: ")
    assert "daemon-reload\nenable --quiet --now red.timer" in (tmp_path / "calls").read_text()
    assert run([{"unit": "red.timer"}]) == ""
