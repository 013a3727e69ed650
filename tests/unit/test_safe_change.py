"""The way back is exact: what a run changed comes back byte for byte, what others changed since stays."""

from __future__ import annotations

import importlib.util
import os
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "safe_change" / "files" / "safe_change.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("safe_change", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "etc"
    (tree / "ssh").mkdir(parents=True)
    (tree / "ssh" / "sshd_config").write_text("Port 22\n")
    (tree / "ssh" / "sshd_config").chmod(0o600)
    (tree / "localtime").symlink_to("/usr/share/zoneinfo/UTC")
    (tree / "removed.conf").write_text("still needed\n")
    return tree


def test_changed_added_and_removed_paths_come_back_as_they_were(program: ModuleType, tree: Path) -> None:
    before = program.manifest((str(tree),))
    with tarfile.open(tree.parent / "trees.tar", "w") as tar:
        tar.add(tree)
    (tree / "ssh" / "sshd_config").write_text("Port 2222\n")
    (tree / "ssh" / "sshd_config").chmod(0o644)
    (tree / "ssh" / "drop.d").mkdir()
    (tree / "ssh" / "drop.d" / "ours.conf").write_text("x")
    (tree / "localtime").unlink()
    (tree / "localtime").symlink_to("/usr/share/zoneinfo/PRC")
    (tree / "removed.conf").unlink()
    changed = program.difference(before, program.manifest((str(tree),)))
    program.restore_trees(tree.parent / "trees.tar", before, changed)
    assert program.manifest((str(tree),)) == before


def test_only_the_named_paths_are_touched(program: ModuleType, tree: Path) -> None:
    before = program.manifest((str(tree),))
    with tarfile.open(tree.parent / "trees.tar", "w") as tar:
        tar.add(tree)
    (tree / "ssh" / "sshd_config").write_text("Port 2222\n")
    (tree / "removed.conf").write_text("an operator's own line\n")
    program.restore_trees(tree.parent / "trees.tar", before, {str(tree / "ssh" / "sshd_config")})
    assert (tree / "ssh" / "sshd_config").read_text() == "Port 22\n"
    assert (tree / "removed.conf").read_text() == "an operator's own line\n"


def test_what_was_put_back_counts_as_in_effect_no_more(program: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "mlps_audit").write_text("/etc/audit/auditd.conf 1.5\n/etc/rsyslog.d/05-mlps-audit.conf 2.5\n")
    (tmp_path / "web_node").write_text("/etc/nginx/nginx.conf 3.5\n")
    program.forget_effect(tmp_path, {"/etc/audit/auditd.conf", "/etc/nginx"})
    assert [path.name for path in tmp_path.iterdir()] == ["web_node"]


def test_modes_come_back_without_touching_content(program: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("a line\n")
    log.chmod(0o644)
    before = program.modes((str(log),))
    log.chmod(0o600)
    log.write_text("a line\nanother\n")
    program.restore_modes(before, program.difference(before, program.modes((str(log),))))
    assert log.stat().st_mode & 0o777 == 0o644
    assert log.read_text().endswith("another\n")
    assert log.stat().st_uid == os.getuid()


def test_packages_are_removed_before_any_is_fetched(program: ModuleType) -> None:
    before = {"telnet": "1.0", "bash": "5.2"}
    commands = program.restore_packages(before, {"telnet", "auditd"})
    assert [command[-2:] for command in commands] == [["--purge", "auditd"], ["install", "telnet=1.0"]]
    assert program.restore_packages(before, set()) == []
