"""Administrators by what they can do: two factors to get in, each only their own work, and no escape from it."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
import yaml

from tests.lab.conftest import Run, piped

HOST = "mirror-1"
ESCAPES: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "escapes.yaml").read_text())
FACTOR = "/var/lib/ganyun/totp/sysadm"
STEP_SECONDS = 30

Login = Callable[..., subprocess.CompletedProcess[str]]


def as_root(on: Run, script: str) -> str:
    """Run a script as root on the host, leaving no file behind."""
    return on(HOST, piped(script, "sh -e")).stdout


@pytest.fixture
def token(on: Run) -> pyotp.TOTP:
    """The system administrator's token, whose codes nobody used yet."""
    as_root(on, f"sed -i 's/DISALLOW_REUSE.*/DISALLOW_REUSE/' {FACTOR}; faillock --user sysadm --reset")
    return pyotp.TOTP(Path(os.environ["GANYUN_SECRETS"], "totp", "sysadm").read_text().strip())


@pytest.fixture
def login(on: Run, run: Run, state: Path, tmp_path: Path) -> Iterator[Login]:
    """Log in as the system administrator with a key of one's own, and a code where one is given."""
    key, answer = tmp_path / "key", tmp_path / "answer"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    answer.write_text('#!/bin/sh\nprintf %s "$CODE"\n')
    answer.chmod(0o700)
    home = "/home/sysadm/.ssh"
    public = key.with_suffix(".pub").read_text().strip()
    days = as_root(on, "awk -F: '$1 == \"sysadm\" {print $3}' /etc/shadow").strip()
    # A password as old as this would have expired long ago.
    as_root(
        on,
        f"chage --lastday 2020-01-01 sysadm; install -d -o sysadm -g sysadm -m 0700 {home}\n"
        f"echo '{public}' > {home}/authorized_keys; chown sysadm: {home}/authorized_keys",
    )

    def ssh(
        command: str, code: str = "", ways: str = "publickey,keyboard-interactive", prompts: int = 1
    ) -> subprocess.CompletedProcess[str]:
        options = ["-o", f"PreferredAuthentications={ways}", "-o", f"NumberOfPasswordPrompts={prompts}", "-l", "sysadm"]
        line = ["ssh", "-F", str(state / "ssh_config"), "-i", str(key), *options, HOST, command]
        asked = {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force", "CODE": code}
        return run(line, check=False, timeout=60, **asked)

    yield ssh
    as_root(on, f"rm -r {home}; chage --lastday {days} sysadm; faillock --user sysadm --reset")


def test_a_key_alone_or_a_code_alone_lets_no_administrator_in(login: Login, token: pyotp.TOTP) -> None:
    assert "Permission denied (keyboard-interactive)" in login("true", ways="publickey").stderr
    assert "Permission denied" in login("true", token.now(), ways="keyboard-interactive").stderr


def test_a_key_and_a_code_let_an_administrator_in_once_and_sudo_asks_for_another(
    login: Login, token: pyotp.TOTP
) -> None:
    code, next_code = (token.at(time.time() + step * STEP_SECONDS) for step in (0, 1))
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert login("whoami", wrong).returncode != 0
    assert login("whoami", code).stdout.strip() == "sysadm"
    assert login("whoami", code).returncode != 0, "a code was good twice"
    work = "sudo -S -p '' systemctl --no-pager restart cron"
    again = token.at(time.time() + 2 * STEP_SECONDS)
    assert login(f"echo {again} | {work}", next_code).returncode == 0
    assert login(f"echo {again} | {work}", token.at(time.time() - 2 * STEP_SECONDS)).returncode != 0


def test_codes_cannot_be_guessed(login: Login, token: pyotp.TOTP) -> None:
    for _ in range(2):
        login("true", "000000", prompts=3)
    assert login("true", token.now()).returncode != 0, "the right code still opens a locked account"


@pytest.fixture
def unasked(on: Run) -> Iterator[str]:
    """While this holds, sudo asks administrators for no code, so that only their rights decide; gives a mark's path."""
    rule, mark = "/etc/sudoers.d/zz-test", f"/root/{uuid.uuid4().hex}"
    as_root(on, f"echo 'Defaults:sysadm,secadm,audadm !authenticate' > {rule}; chmod 0440 {rule}")
    yield mark
    as_root(on, f"rm -f {rule} {mark}")


@pytest.mark.parametrize("who", ESCAPES)
def test_an_administrator_does_the_own_work_and_nothing_else(on: Run, unasked: str, who: str) -> None:
    own, others = ESCAPES[who]["own"], [each.replace("MARK", unasked) for each in ESCAPES[who]["others"]]
    look = (
        "tar -c /etc 2>/dev/null | sha256sum; wc -l < /var/log/auth.log; systemctl show -p InvocationID rsyslog ssh;"
        f" nft list table inet mlps_intrusion | grep -c .; ls {unasked} 2>/dev/null || true"
    )
    before = as_root(on, look).splitlines()
    tries = [base64.b64encode(each.encode()).decode() for each in (*own, *others)]
    attempt = f'runuser -u {who} -- timeout 20 sh -c "$(echo $each | base64 -d)" </dev/null >/dev/null 2>&1'
    script = f"cd /tmp; for each in {' '.join(tries)}; do code=0; {attempt} || code=$?; echo $code; done"
    codes = [int(code) for code in as_root(on, script).split()]
    after = as_root(on, look).splitlines()
    done = dict(zip((*own, *others), codes, strict=True))
    assert {each: done[each] for each in own} == dict.fromkeys(own, 0)
    assert [each for each in others if done[each] == 0] == []
    assert after[0] == before[0], "something in /etc was changed"
    assert int(after[1]) >= int(before[1]), "the log became shorter"
    assert after[2:] == before[2:]


def test_a_deleted_local_log_is_still_in_the_log_vault(on: Run) -> None:
    mark = f"kept-{secrets.token_hex(8)}"
    log = "/var/log/auth.log"
    on(HOST, f"logger -p auth.notice -t administrators {mark}")
    as_root(on, f"timeout 20 sh -c 'until grep -q {mark} {log}; do sleep 0.2; done'; sed -i /{mark}/d {log}")
    as_root(on, f"pkill -HUP -x rsyslogd; ! grep -q {mark} {log}")
    on("monitor-1", f"timeout 20 sh -c 'until sudo grep -rq {mark} /var/log/vault; do sleep 0.5; done'")
