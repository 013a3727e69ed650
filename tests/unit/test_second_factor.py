"""Seeds of the second factor: installed once, kept with their state, shown on a terminal only."""

from __future__ import annotations

import importlib.util
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "roles" / "mlps_identity" / "files" / "install_seeds.py"
SEED, OTHER = "A" * 32, "B" * 32


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install_seeds", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_file_that_knows_used_codes_is_left_alone(program: ModuleType, tmp_path: Path) -> None:
    assert program.install(tmp_path / "totp", {"sysadm": SEED}, check=False) == ["sysadm"]
    path = tmp_path / "totp" / "sysadm"
    path.write_text(path.read_text().replace("DISALLOW_REUSE", "DISALLOW_REUSE 58000000"))
    assert program.install(tmp_path / "totp", {"sysadm": SEED}, check=False) == []
    assert "58000000" in path.read_text()


def test_a_new_seed_replaces_the_old_one_and_a_former_administrator_has_none(
    program: ModuleType, tmp_path: Path
) -> None:
    program.install(tmp_path, {"sysadm": SEED, "audadm": SEED}, check=False)
    assert program.install(tmp_path, {"sysadm": OTHER}, check=False) == ["audadm", "sysadm"]
    assert (tmp_path / "sysadm").read_text().startswith(f"{OTHER}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["sysadm"]


def test_seeds_are_for_root_alone(program: ModuleType, tmp_path: Path) -> None:
    program.install(tmp_path / "totp", {"sysadm": SEED}, check=False)
    assert (tmp_path / "totp").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "totp" / "sysadm").stat().st_mode & 0o777 == 0o600


def test_a_check_names_what_differs_and_writes_nothing(program: ModuleType, tmp_path: Path) -> None:
    assert program.install(tmp_path / "totp", {"sysadm": SEED}, check=True) == ["sysadm"]
    assert not (tmp_path / "totp").exists()


def enrol(secrets: Path, name: str, output: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.enrol", name],
        cwd=ROOT,
        env=os.environ | {"GANYUN_SECRETS": str(secrets)},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def test_a_seed_is_shown_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "totp").mkdir()
    (tmp_path / "totp" / "sysadm").write_text(f"{SEED}\n")
    piped = enrol(tmp_path, "sysadm", subprocess.PIPE)
    assert piped.returncode != 0
    assert SEED not in piped.stdout + piped.stderr
    ours, theirs = pty.openpty()
    assert enrol(tmp_path, "sysadm", theirs).returncode == 0
    assert f"secret={SEED}" in os.read(ours, 65536).decode()
    assert "sysadm" in enrol(tmp_path, "nobody", theirs).stderr
