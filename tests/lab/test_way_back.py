"""The way back: a host that shut everybody out lets them in again by itself, and an undone run leaves nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.lab.conftest import Run, piped, told

HOST = "mirror-1"
OPERATORS = "/etc/ssh/sshd_config.d/90-operator.conf"
PACKAGE = "libpam-google-authenticator"
TAGS = ["--tags", "8.1.4.1-d,8.1.4.2-e", "--limit", HOST]
# Every path below /etc and PAM's folders with kind, mode, owner, target and content; every package with its version.
LOOK = """for tree in /etc /usr/share/pam-configs /var/lib/pam; do
  find $tree -printf '%p %y %m %U %G %l\\n'; find $tree -type f -exec sha256sum {} +
done | sort; dpkg-query --show"""


def look(on: Run) -> list[str]:
    return on(HOST, piped(LOOK, "sh")).stdout.splitlines()


def test_a_lock_out_that_is_provoked_reverts(on: Run, run: Run) -> None:
    before = look(on)
    nobody = json.dumps({"mlps_intrusion_terminals": ["203.0.113.9"], "ganyun_flows_in": []})
    times = ["-e", "safe_change_revert_after=40", "-e", "safe_change_login_timeout=5"]
    harden = ["ansible-playbook", "playbooks/harden.yml", "--limit", HOST, "--tags", "8.1.4.4-c"]
    done = run([*harden, "-e", nobody, *times], check=False)
    assert "Prove a new log-in and stop the timed revert" in done.stdout, told(done)
    assert done.returncode != 0, told(done)
    assert "timed out" in done.stdout, told(done)
    on(HOST, "sudo sh -c 'until [ ! -e /var/lib/ganyun/revert/pending ]; do sleep 0.5; done'", timeout=90)
    assert look(on) == before


@pytest.fixture
def before(on: Run, run: Run) -> Iterator[list[str]]:
    """A host that misses a package and a mode, and has settings of its operators' own."""
    on(HOST, f"sudo dpkg --purge {PACKAGE} && sudo chmod 0644 /etc/crontab")
    on(HOST, f"echo 'Banner none' | sudo tee {OPERATORS}")
    yield look(on)
    on(HOST, f"sudo rm {OPERATORS}")
    run(["ansible-playbook", "playbooks/harden.yml", *TAGS])


def test_an_undone_run_leaves_settings_and_packages_as_they_were(on: Run, run: Run, before: list[str]) -> None:
    run(["ansible-playbook", "playbooks/harden.yml", *TAGS])
    hardened = look(on)
    assert any(line.startswith(PACKAGE) for line in hardened)
    assert f"{OPERATORS} f" in "\n".join(hardened)
    assert hardened != before
    run(["ansible-playbook", "playbooks/revert.yml", "--limit", HOST])
    assert look(on) == before
