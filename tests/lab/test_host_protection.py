"""What the host's own checks do: malware is taken away, a break-in raises an alarm, and each point is seen red."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
import yaml

from tests.lab.conftest import Run, piped

LOG_VAULT = "monitor-1"
HOST = "web-1"
Breaks = dict[str, dict[str, dict[str, str]]]
BREAKS: Breaks = yaml.safe_load((Path(__file__).parent / "breaks-8-1-4-5-11.yaml").read_text(encoding="utf-8"))
# The harmless file by which every scanner is tried, so written that this file is not taken for one.
EICAR = base64.b64encode(b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*").decode()
IN_TIME = 30


def as_root(on: Run, host: str, program: str, *, check: bool = True) -> str:
    """Run a shell program as root, without a file on the host."""
    return str(on(host, piped(program, "sh -e" if check else "sh"), check=check).stdout)


def arrives(on: Run, text: str) -> bool:
    """Whether a line with this text reaches the log vault in time."""
    deadline = time.monotonic() + IN_TIME
    while time.monotonic() < deadline:
        if on(LOG_VAULT, f"sudo grep -rqF '{text}' /var/log/vault/{HOST}", check=False).returncode == 0:
            return True
        time.sleep(1)
    return False


def test_malware_is_taken_away_and_the_log_centre_hears_of_it(on: Run) -> None:
    path = f"/srv/eicar-{time.time_ns()}"
    as_root(on, HOST, f"printf %s {EICAR} | base64 -d > {path}\nsystemctl start ganyun-watch@malware.service")
    try:
        assert as_root(on, HOST, f"ls {path} 2>/dev/null || ls /var/lib/ganyun/quarantine").split() == [path[5:]]
        assert arrives(on, f"malware: {path}: Ganyun.Test.EICAR.UNOFFICIAL FOUND")
    finally:
        as_root(
            on, HOST, f"rm -f {path} /var/lib/ganyun/quarantine/eicar-*\nsystemctl start ganyun-watch@malware.service"
        )


def test_signs_of_a_break_in_raise_an_alarm(on: Run) -> None:
    who = f"red{time.time_ns()}"
    line = f"pam_faillock(sshd:auth): Consecutive login failures for user {who} account temporarily locked"
    as_root(on, HOST, f"logger -p authpriv.notice '{line}'\nsystemctl start ganyun-watch@intrusion.service")
    assert arrives(on, "intrusion: ")
    found = json.loads(as_root(on, HOST, "cat /var/lib/ganyun/watch/intrusion.json"))["findings"]
    assert any(who in line for line in found)
    assert (
        "ganyun_watch_findings" in on(HOST, "cat /var/lib/prometheus/node-exporter/ganyun_watch_intrusion.prom").stdout
    )


@pytest.fixture(scope="module")
def verdicts(on: Run, run: Run, reports: Path) -> dict[str, dict[str, str]]:
    """The audit's word on every point of the hosts while everything is broken; all is put back."""
    try:
        for host, entries in BREAKS.items():
            as_root(on, host, "\n".join(entry["breaks"] for entry in entries.values()))
        run(["ansible-playbook", "playbooks/audit.yml", "--limit", ",".join(BREAKS)])
        report = json.loads((reports / "compliance/latest/report.json").read_text())
    finally:
        for host, entries in BREAKS.items():
            as_root(on, host, "\n".join(entry["mends"] for entry in entries.values()), check=False)
    return {
        host["name"]: {
            f"{item['id']}/{finding['point']}": finding["verdict"]
            for item in host["items"]
            for finding in item["findings"]
        }
        for host in report["hosts"]
    }


@pytest.mark.parametrize("host", list(BREAKS))
def test_each_point_is_found_broken_where_it_is_broken(verdicts: dict[str, dict[str, str]], host: str) -> None:
    assert {point: verdicts[host].get(point) for point in BREAKS[host]} == dict.fromkeys(BREAKS[host], "fail")
