"""An audit leaves its hosts as they were: no file comes, goes or changes, not even for a moment in a folder."""

from __future__ import annotations

from tests.lab.conftest import Run

HOSTS = ("gw-1", "bastion-1")
# What hosts write by themselves, audited or not: the kernel's views, logs of log-ins, clocks, metrics, timers' stamps.
ALIVE = (
    *("/proc", "/sys", "/dev", "/run", "/var/log"),
    *("/var/lib/chrony", "/var/lib/prometheus", "/var/lib/systemd", "/var/lib/ganyun/watch", "/var/spool/rsyslog"),
)
PRUNED = " -o ".join(f"-path {path}" for path in ALIVE)
# A file that was made and removed again still moved its folder's time of change.
TREE = f"sudo find / \\( {PRUNED} \\) -prune -o -printf '%p %y %s %m %U:%G %T@ %C@ %l\\n' | sort"


def trees(on: Run) -> dict[str, set[str]]:
    return {host: set(on(host, TREE).stdout.splitlines()) for host in HOSTS}


def test_an_audit_changes_nothing_on_its_hosts(on: Run, run: Run) -> None:
    before = trees(on)
    run(["ansible-playbook", "playbooks/audit.yml", "--limit", ",".join(HOSTS)])
    after = trees(on)
    assert {host: sorted(before[host] ^ after[host]) for host in HOSTS} == {host: [] for host in HOSTS}
    assert min(map(len, before.values())) > 1000
