"""A host on which hardening couldn't end well: everything wrong is named at once, nothing changes, the way in stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import Run, told

HOST = "mirror-1"
BROKEN = "/etc/ssh/sshd_config.d/50-operator.conf"
FILL = "/var/lib/ganyun/fill"
LISTING = "sudo find /etc /usr/lib/systemd -xdev -printf '%p %s %m %T@\\n' | sort | sha256sum"


@pytest.fixture
def broken_settings(on: Run) -> Iterator[None]:
    """An operator's own settings of sshd that it can't read."""
    on(HOST, f"echo 'PermitRootLoginn maybe' | sudo tee {BROKEN}")
    yield
    on(HOST, f"sudo rm {BROKEN}; sudo sshd -t")


@pytest.fixture
def full_and_read_only(on: Run) -> Iterator[None]:
    """A disk with less room than hardening wants, and a file system that can't be written."""
    on(HOST, f"sudo fallocate -l $(($(df --output=avail -k /var | tail -1) - 40000))k {FILL}")
    on(HOST, "sudo mount --bind /etc /etc && sudo mount -o remount,bind,ro /etc")
    yield
    on(HOST, f"sudo umount --lazy /etc; sudo rm {FILL}")


@pytest.mark.usefixtures("broken_settings", "full_and_read_only")
def test_everything_wrong_is_named_at_once_and_nothing_changes(on: Run, run: Run) -> None:
    before = on(HOST, LISTING).stdout
    wrong = ["-e", "mlps_level=7", "-e", '{"mlps_platforms": ["openeuler-24.03"]}', "--tags", "8.1.4.99-z"]
    done = run(["ansible-playbook", "playbooks/harden.yml", "--limit", HOST, *wrong], check=False)
    assert done.returncode != 0
    for named in ("no such level", "8.1.4.99-z", "debian-12", "read-only file system", "too little room", BROKEN):
        assert named in done.stdout, told(done)
    assert "changed=0" in done.stdout
    assert on(HOST, LISTING).stdout == before


@pytest.mark.usefixtures("broken_settings")
def test_what_could_not_be_read_is_not_evaluated(run: Run, reports: Path) -> None:
    run(["ansible-playbook", "playbooks/audit.yml", "--limit", HOST])
    report = json.loads((reports / "compliance/latest/report.json").read_text())
    items = {item["id"]: item for item in report["hosts"][0]["items"]}
    assert items["8.1.4.1-c"]["verdict"] == "not evaluated"
    assert any(BROKEN in finding["detail"] for finding in items["8.1.4.1-c"]["findings"])
