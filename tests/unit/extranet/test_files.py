"""What `render` writes and `diff` tells, on a small province whose facts a test may spoil."""

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.extranet.__main__ import app
from infra.extranet.render import render
from tests.unit.extranet.provinces import ROOT, SMALL, real

run = CliRunner()


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "province"))


@pytest.fixture
def folder(tmp_path: Path, facts: Path) -> Path:
    told = run.invoke(app, ["render", str(tmp_path / "routers"), "--facts", str(facts)])
    assert told.exit_code == 0, told.output
    return tmp_path / "routers"


def rename(facts: Path, old: str, new: str) -> None:
    table = facts / "divisions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_what_is_the_same_stays_untouched(folder: Path, facts: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    told = run.invoke(app, ["render", str(folder), "--facts", str(facts)])
    assert "写入 0" in told.output
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert run.invoke(app, ["diff", str(folder), "--facts", str(facts)]).exit_code == 0


def test_a_change_is_shown_before_it_is_written_and_is_of_one_router(folder: Path, facts: Path) -> None:
    rename(facts, "中山街道", "新名街道")
    told = run.invoke(app, ["diff", str(folder), "--facts", str(facts)])
    assert told.exit_code == 1
    assert "+! 新名街道 460106001" in told.output
    assert told.output.count("\n--- ") + told.output.startswith("--- ") == 1
    assert "写入 1" in run.invoke(app, ["render", str(folder), "--facts", str(facts)]).output
    assert run.invoke(app, ["diff", str(folder), "--facts", str(facts)]).exit_code == 0


def test_a_file_of_a_router_that_is_gone_is_named_and_removed_only_on_request(folder: Path, facts: Path) -> None:
    rename(facts, "460106002,滨海街道,township,460106\n", "")
    (folder / "notes.conf").touch()
    kept = run.invoke(app, ["render", str(folder), "--facts", str(facts)])
    assert "460106002.conf" in kept.output
    assert (folder / "460106002.conf").exists()
    run.invoke(app, ["render", str(folder), "--facts", str(facts), "--remove-gone"])
    assert not (folder / "460106002.conf").exists()
    assert (folder / "notes.conf").exists()


def test_the_same_facts_give_the_same_bytes() -> None:
    _, extranet = real()
    assert render(extranet.nodes) == render(extranet.nodes)


@pytest.mark.skipif(shutil.which("vtysh") is None, reason="needs the Debian package frr")
@pytest.mark.parametrize("facts_of", [ROOT / "stacks", SMALL])
def test_frr_parses_the_configuration_of_every_role(facts_of: Path, tmp_path: Path) -> None:
    _, extranet = real(facts_of)
    (tmp_path / "vtysh.conf").touch()
    for role, node in {node.role: node for node in extranet.nodes}.items():
        file = tmp_path / f"{role}.conf"
        file.write_text(render([node])[f"{node.name}.conf"], encoding="utf-8")
        done = subprocess.run(
            ["vtysh", "-C", "-f", file, "--config_dir", tmp_path], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, ""), role
