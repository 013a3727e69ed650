"""Hosts are hardened so that it holds, changes nothing twice, and never locks the operator out."""

import json
import re
from typing import Any

from tests.lab.conftest import Run, piped

TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<task>.+)\] \**$")
CHANGED = re.compile(r"^changed: \[(?P<host>[^\]\s]+)")
RECAP = re.compile(r"^(?P<host>\S+)\s+: ok=\d+\s+changed=(?P<changed>\d+).*failed=(?P<failed>\d+)", re.MULTILINE)

DESCRIPTIONS = ("all", "level_", "site_", "system_", "zone_")  # groups that say what hosts are, not what they do


def changed(output: str) -> dict[str, int]:
    """Changed tasks by host, from Ansible's recap."""
    return {match["host"]: int(match["changed"]) for match in RECAP.finditer(output)}


def changes(output: str) -> list[str]:
    """Each change as "host: task", for whoever has to find out why."""
    found, task = [], ""
    for line in output.splitlines():
        if match := TASK.match(line):
            task = match["task"]
        elif match := CHANGED.match(line):
            found.append(f"{match['host']}: {task}")
    return found


def test_a_second_run_changes_nothing(run: Run, inventory: dict[str, Any]) -> None:
    """On one host of each function: the two of a pair are alike."""
    functions = [group for name, group in inventory.items() if not name.startswith(("_", *DESCRIPTIONS))]
    hosts = {min(group["hosts"]) for group in functions if "hosts" in group}
    told = run(["ansible-playbook", "playbooks/site.yml", "--limit", ",".join(hosts)], timeout=1200).stdout
    again = changed(told)
    assert hosts <= set(again)
    assert not {host: count for host, count in again.items() if count}, changes(told)


def test_check_mode_says_so_too(run: Run) -> None:
    run(["ansible-playbook", "playbooks/harden.yml", "--check", "--limit", "web-1"])


def test_metrics_of_every_host_arrive(on: Run, hostvars: dict[str, Any]) -> None:
    answer = on("monitor-1", "curl -s 'http://127.0.0.1:9090/api/v1/query?query=up'").stdout
    up = {
        sample["metric"]["instance"].split(":")[0]
        for sample in json.loads(answer)["data"]["result"]
        if sample["value"][1] == "1"
    }
    missing = {name for name, host in hostvars.items() if not {name, host["ansible_host"]} & up}
    assert not missing, missing


def test_the_monitor_comes_back_whatever_ended_it(on: Run) -> None:
    """Its own unit takes an end by a signal for the end of its work, as when it is told to reload while it starts."""
    ready = "curl -s --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:9090/-/ready"
    assert "Ready" in on("monitor-1", f"sudo systemctl kill --signal=TERM prometheus; sleep 3; {ready}").stdout


def test_a_log_line_of_every_host_reaches_the_log_vault(on: Run, hostvars: dict[str, Any]) -> None:
    for name in hostvars:
        on(name, f"logger -t canary from-{name}")
    lines = on("monitor-1", "sleep 3; sudo grep -rhoE 'from-[a-z0-9-]+' /var/log/vault | sort -u").stdout.split()
    assert {f"from-{name}" for name in hostvars} <= set(lines)


def test_an_installation_waits_for_another_one(on: Run) -> None:
    """As when two playbooks run at once: apt's own word is an error straight away."""
    hold = "from fcntl import *; file = open('/var/lib/dpkg/lock-frontend', 'w'); lockf(file, LOCK_EX); input()"
    install = "apt-get install --quiet --yes rsyslog"
    assert "rsyslog is already" in on("gw-1", piped(f'sleep 4 | python3 -c "{hold}" & sleep 1; {install}', "sh")).stdout
