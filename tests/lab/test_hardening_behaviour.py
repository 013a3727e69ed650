"""Hardening by what it does: guessing is stopped, weak passwords are refused, administrators exclude each other.

And the audit seen red: each item fails where its setting is broken. Everything broken here is put back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.conftest import Run, piped

HOST = "mirror-1"
HERE = Path(__file__).parent
BREAKS: dict[str, dict[str, str]] = yaml.safe_load((HERE / "breaks.yaml").read_text())
ATTEMPT = (HERE / "pam_attempt.py").read_text()
LOCKED = 7
# A record of faillock's tally is 64 bytes, its last 8 the time; moved back, the lock is as old as if one had waited.
WAIT = """
import sys
with open(sys.argv[1], "r+b") as file:
    data = bytearray(file.read())
    for end in range(64, len(data) + 1, 64):
        data[end - 8 : end] = (int.from_bytes(data[end - 8 : end], "little") - 1000).to_bytes(8, "little")
    file.seek(0)
    file.write(data)
"""


@pytest.fixture
def account(on: Run) -> Iterator[tuple[str, str]]:
    """An account of its own with a password that the rules accept."""
    name, password = f"probe{secrets.token_hex(3)}", f"Qz7-{secrets.token_hex(6)}-Kite!"
    on(HOST, piped(f"useradd -M {name}; echo '{name}:{password}' | chpasswd", "sh -e"))
    yield name, password
    on(HOST, piped(f"userdel {name}; rm -f /run/faillock/{name}; sed -i '/^{name}:/d' /etc/security/opasswd", "sh -e"))


def attempts(on: Run, account: str, *passwords: str) -> list[int]:
    """Log in with each password; PAM's own codes."""
    words = " ".join(f"'{password}'" for password in passwords)
    return [int(code) for code in on(HOST, piped(ATTEMPT, f"python3 -BI - {account} {words}")).stdout.split()]


def test_a_lock_out_happens_and_ends(on: Run, account: tuple[str, str]) -> None:
    name, password = account
    codes = attempts(on, name, password, *["wrong"] * 5, password)
    assert codes[0] == 0
    assert 0 not in codes[1:]
    assert codes[-1] == LOCKED, "the right password still opens a locked account"
    on(HOST, piped(WAIT, f"python3 -BI - /run/faillock/{name}"))
    assert attempts(on, name, password) == [0], "the lock does not end by time"


@pytest.mark.parametrize("weak", ["Ab1!", "abcdefghijklmnop", "aaaaAAAA1111!!!!"])
def test_a_weak_password_is_refused(on: Run, account: tuple[str, str], weak: str) -> None:
    assert on(HOST, f"echo '{account[0]}:{weak}' | sudo chpasswd", check=False).returncode != 0


@pytest.mark.parametrize(
    ("who", "command", "allowed"),
    [
        ("sysadm", "/usr/bin/systemctl --no-pager restart nginx", True),
        ("sysadm", "/usr/bin/systemctl --no-pager stop rsyslog", False),
        ("sysadm", "/usr/sbin/nft list ruleset", False),
        ("secadm", "/usr/sbin/nft list ruleset", True),
        ("secadm", "/usr/bin/systemctl --no-pager restart nginx", False),
        ("secadm", "/usr/sbin/usermod -U root", False),
        ("audadm", "/usr/sbin/auditctl -l", True),
        ("audadm", "/usr/sbin/auditctl -D", False),
        ("audadm", "/usr/bin/rm /var/log/auth.log", False),
    ],
)
def test_administrators_do_their_own_work_alone(on: Run, who: str, command: str, allowed: bool) -> None:
    assert (on(HOST, f"sudo -l -U {who} {command}", check=False).returncode == 0) is allowed


def test_each_item_is_found_broken_where_it_is_broken(on: Run, run: Run, reports: Path) -> None:
    on(HOST, piped("\n".join(entry["breaks"] for entry in BREAKS.values()), "sh -e"))
    try:
        run(["ansible-playbook", "playbooks/audit.yml", "--limit", HOST])
        report = json.loads((reports / "compliance/latest/report.json").read_text())
        verdicts = {item["id"]: item["verdict"] for item in report["hosts"][0]["items"]}
    finally:
        on(HOST, piped("\n".join(entry["mends"] for entry in BREAKS.values()), "sh"))
    assert not {item: verdicts[item] for item in BREAKS if verdicts[item] not in ("fail", "partial")}
