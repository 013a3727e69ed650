"""A signed report that was changed in any way is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.compliance.report import Report, write_report
from tests.compliance.report.signature import PRIVATE, PUBLIC, SIGNATURE, SUMS, private_key, public_key, sign, verify


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


@pytest.fixture
def key(folder: Path, secrets: Path) -> Ed25519PublicKey:
    """The key of a folder that was signed with two files in it."""
    (folder / "report.json").write_text("{}")
    (folder / "scope.json").write_text("{}")
    sign(folder, secrets)
    return public_key(secrets / PUBLIC)


def test_a_signed_report_is_in_order(folder: Path, key: Ed25519PublicKey) -> None:
    assert list(verify(folder, key)) == []


@pytest.mark.parametrize(
    ("meddle", "told"),
    [
        (lambda folder: (folder / "report.json").write_text("{ }"), "changed: report.json"),
        (lambda folder: (folder / "scope.json").unlink(), "missing: scope.json"),
        (lambda folder: (folder / "more.html").write_text(""), "added: more.html"),
        (lambda folder: (folder / SUMS).write_text(""), "does not fit"),
        (lambda folder: (folder / SIGNATURE).write_bytes(bytes(64)), "does not fit"),
        (lambda folder: (folder / SIGNATURE).unlink(), "not signed"),
    ],
)
def test_each_way_to_change_a_report_is_noticed(
    folder: Path, key: Ed25519PublicKey, meddle: Callable[[Path], object], told: str
) -> None:
    meddle(folder)
    problems = list(verify(folder, key))
    assert len(problems) == 1
    assert told in problems[0]


def test_a_report_signed_again_with_another_key_is_noticed(folder: Path, key: Ed25519PublicKey, tmp_path: Path) -> None:
    (folder / "report.json").write_text("{ }")
    sign(folder, tmp_path / "other")
    assert list(verify(folder, key))


def test_the_key_is_made_once_and_is_the_operators_alone(secrets: Path) -> None:
    first, second = private_key(secrets), private_key(secrets)
    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert (secrets / PRIVATE).stat().st_mode & 0o077 == 0


def test_every_file_that_an_audit_writes_is_signed(
    report: Report, folder: Path, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    notes = write_report(report, folder, secrets)
    assert notes
    assert list(verify(folder, public_key(secrets / PUBLIC))) == []
    signed = {line.split("  ")[1] for line in (folder / SUMS).read_text().splitlines()}
    assert signed == {path.name for path in folder.iterdir()} - {SUMS, SIGNATURE}
    assert {"report.json", "report.html", "report.en.html", "report.xlsx", "junit.xml"} <= signed
    assert folder.with_name("latest").readlink() == Path(folder.name)
