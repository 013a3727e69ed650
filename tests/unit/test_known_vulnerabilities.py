"""Known vulnerabilities come from the packages themselves; only what is newer than the installed version counts."""

from __future__ import annotations

import gzip
import importlib.util
import subprocess
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from tests.compliance.updates import made, waiting

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "mlps_intrusion" / "files" / "known_vulnerabilities.py"
CHANGELOG = """small (1.2-3) bookworm-security; urgency=high

  * Fix CVE-2026-12345 and CVE-2026-1111.

 -- A <a@b>  Fri, 27 Nov 2026 10:00:00 +0000

small (1.2-2) bookworm; urgency=medium

  * Fix CVE-2025-2222.

 -- A <a@b>  Fri, 27 Nov 2025 10:00:00 +0000
"""


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("known_vulnerabilities", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(a: str, b: str) -> int:
    return (a > b) - (a < b)


def test_what_the_installed_version_has_mended_is_not_named(program: ModuleType) -> None:
    newer = program.newer_entries(CHANGELOG, "1.2-2", compare)
    assert program.CVE.findall(newer) == ["CVE-2026-12345", "CVE-2026-1111"]
    assert program.newer_entries(CHANGELOG, "1.2-3", compare) == ""
    assert program.newer_entries(CHANGELOG, "1.0-1", compare) == CHANGELOG


def test_a_mirror_that_names_no_suite_is_not_taken_for_harmless(program: ModuleType) -> None:
    assert program.kind(["bookworm-security"], []) == "security"
    assert program.kind(["stable", "Debian-Security"], []) == "security"
    assert program.kind(["bookworm", "ganyun"], ["CVE-2026-1111"]) == "security"
    assert program.kind(["stable-updates"], []) == "update"
    assert program.kind(["bookworm", "ganyun"], []) == "unknown"


def test_the_changelog_comes_out_of_the_package(program: ModuleType, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: small\nVersion: 1.2-3\nArchitecture: all\nMaintainer: a\nDescription: b\n"
    )
    documents = tree / "usr/share/doc/small"
    documents.mkdir(parents=True)
    (documents / "changelog.Debian.gz").write_bytes(gzip.compress(CHANGELOG.encode()))
    subprocess.run(["dpkg-deb", "--build", tree, tmp_path / "small.deb"], check=True, capture_output=True)
    assert program.changelog(tmp_path / "small.deb") == CHANGELOG


def test_the_audit_reads_what_the_host_prints() -> None:
    (update,) = waiting(("security small 1.2-2 1.2-3 2026-11-01 CVE-2026-12345", "something else"))
    assert update.since == date(2026, 11, 1)
    assert "CVE-2026-12345" in update.text
    assert made("Date: Fri, 27 Nov 2026 10:00:00 UTC\n")[0].day == 27
