"""What only a kernel of its own can show, on the host that `make kernel` made, and the audit of it both ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.lab.conftest import Run, piped

HOST = "db-1"
BREAKS: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "breaks.yaml").read_text())
# Their red is a machine that was started otherwise, or rules that the kernel lets nobody loosen: see the tests below.
FIXED = {
    "8.1.4.3-a/kernel-audit",
    "8.1.4.3-d/kernel-lock",
    "8.1.4.6/boot",
    "8.1.4.6/dynamic",
    "8.1.4.10-b/memory",
}


def audited(run: Run, reports: Path) -> dict[str, str]:
    """Each point's verdict on the host, `item/point`."""
    run(["ansible-playbook", "playbooks/audit.yml", "--limit", HOST])
    [host] = json.loads((reports / "compliance/latest/report.json").read_text())["hosts"]
    return {f"{item['id']}/{one['point']}": one["verdict"] for item in host["items"] for one in item["findings"]}


@pytest.fixture(scope="module")
def verdicts(on: Run, run: Run, reports: Path) -> dict[str, dict[str, str]]:
    """While all is broken, and after."""
    on(HOST, piped("\n".join(entry["breaks"] for entry in BREAKS.values()), "sh -e"))
    try:
        red = audited(run, reports)
    finally:
        on(HOST, piped("\n".join(entry["mends"] for entry in BREAKS.values()), "sh"))
    return {"red": red, "green": audited(run, reports)}


def test_each_point_that_needs_a_kernel_is_found_broken(verdicts: dict[str, dict[str, str]]) -> None:
    assert {point: verdicts["red"][point] for point in BREAKS} == dict.fromkeys(BREAKS, "fail")


def test_each_point_that_needs_a_kernel_passes(verdicts: dict[str, dict[str, str]]) -> None:
    assert {point: verdicts["green"][point] for point in {*BREAKS, *FIXED}} == dict.fromkeys({*BREAKS, *FIXED}, "pass")


def test_nobody_loosens_the_rules_of_the_audit_until_the_next_start(on: Run) -> None:
    before = on(HOST, "sudo auditctl -l").stdout
    assert "-k identity" in before
    for command in ("auditctl -D", "auditctl -e 0", "auditctl -W /etc/shadow -p wa -k identity"):
        on(HOST, f"sudo {command}", check=False)
    assert on(HOST, "sudo auditctl -l").stdout == before
    assert "enabled 2" in on(HOST, "sudo auditctl -s").stdout


def test_the_kernel_records_who_touched_the_accounts(on: Run) -> None:
    on(HOST, "sudo touch /etc/shadow")
    found = on(HOST, "sudo ausearch --input-logs --start recent --key identity --interpret").stdout
    assert re.search(r"name=/etc/shadow\b", found)
    assert re.search(r"\bauid=ganyun\b.* euid=root\b", found)


def test_a_kernel_module_that_nobody_signed_is_refused(on: Run) -> None:
    cut = "head -c -100 $(modinfo -n dm-zero) > /run/red.ko; trap 'rm /run/red.ko' EXIT; insmod /run/red.ko"
    done = on(HOST, piped(cut, "bash"), check=False)
    assert done.returncode != 0
    assert "Key was rejected" in done.stderr or "Operation not permitted" in done.stderr


def test_the_disk_of_the_data_shows_nothing_of_them(on: Run) -> None:
    word = "a-word-that-is-nowhere-else"
    disk = "$(lsblk --inverse --noheadings --raw --paths --output NAME /dev/mapper/ganyun-data | tail -1)"
    on(HOST, f"echo {word} | sudo tee /var/lib/postgresql/red > /dev/null; sync")
    try:
        seen = [on(HOST, f"sudo grep -c {word} {where}", check=False) for where in ("/dev/mapper/ganyun-data", disk)]
    finally:
        on(HOST, "sudo rm /var/lib/postgresql/red")
    assert [int(one.stdout) > 0 for one in seen] == [True, False]
