"""How long hardening takes beside dev-sec's os and ssh roles: one host, made anew before each, in one run.

`ansible-galaxy collection install devsec.hardening -p FOLDER`, then `python -m benchmarks.devsec FOLDER
ssg-debian12-ds.xml web-2`. Nova rebuilds the host from its image, packages.yml gives it its source of packages, and
only then the clock starts. An item is a task that ran on the host, skipped ones not counted. Theirs is timed twice:
with Ansible's own defaults, as who installs it runs it, and with this repository's ansible.cfg. Exit code 1 where ours
needs more than GOAL of the first for an item. A task may carry one setting or twenty; so what neither side wrote is
counted too: the rules of CIS's benchmark that OpenSCAP sees fail before and pass after. Afterwards the host serves
again.
"""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Annotated, NamedTuple

import openstack
import typer
from rich.console import Console
from rich.table import Table
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from benchmarks.openscap import scan

GOAL = 0.5
PROFILE = "cis_level2_server"
REBUILT_SECONDS = 300
THEIRS = """
- hosts: all
  become: true
  roles:
    - devsec.hardening.os_hardening
    - devsec.hardening.ssh_hardening
"""
WITHOUT = {
    "os_auditd_enabled": False,  # a container's kernel is its host's
    "os_sysctl_enabled": False,
    "os_modprobe_enabled": False,
    "os_auth_pam_passwdqc_enable": False,  # the platform's mirror offers pwquality
    "ssh_host_key_files": ["/etc/ssh/ssh_host_rsa_key"],  # the stack gives each host this one alone
}
AFTERWARDS = ("services", "baseline", "publish", "backup")


class Hardened(NamedTuple):
    """What one side needed, in seconds, how many tasks ran and changed something, and how many rules it mended."""

    seconds: float
    ran: int
    changed: int
    mended: int

    @property
    def each(self) -> float:
        """Seconds for one task."""
        return self.seconds / self.ran


def play(*words: str, **environment: str) -> str:
    """Run playbooks; returns what they printed."""
    command = ["ansible-playbook", *words]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise typer.BadParameter(f"{' '.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return done.stdout


def rebuild(host: str) -> None:
    """Have Nova make the host anew from its image, and wait until it can install packages."""
    cloud = openstack.connect()
    (server,) = cloud.compute.servers(all_projects=True, name=f"^{host}$")
    launched = server.launched_at
    cloud.compute.rebuild_server(server, image=server.image.id)

    def old() -> bool:
        seen = cloud.compute.get_server(server)
        if seen.status == "ERROR":
            raise typer.BadParameter(f"{host}: 重建失败 Nova could not rebuild it: {seen.fault}")
        return bool(seen.launched_at == launched or seen.status != "ACTIVE")

    Retrying(retry=retry_if_result(bool), stop=stop_after_delay(REBUILT_SECONDS), wait=wait_fixed(1))(old)
    answers = ["ansible", host, "-m", "ansible.builtin.wait_for_connection", "-a", "timeout=180"]
    subprocess.run(answers, capture_output=True, check=True)
    play("playbooks/packages.yml", "--limit", host)


def passed(host: str, rules: bytes) -> set[str]:
    """The rules that OpenSCAP sees kept."""
    return {one.rule for one in scan(host, rules, PROFILE) if one.result == "pass"}


def harden(host: str, rules: bytes, *words: str, **environment: str) -> Hardened:
    """Time a playbook on the host as its image has it, and count what it mended."""
    rebuild(host)
    before = passed(host, rules)
    started = time.monotonic()
    told = play(*words, "--limit", host, **environment)
    seconds = time.monotonic() - started
    counts = re.search(rf"^{re.escape(host)} +: ok=(\d+) +changed=(\d+)", told, re.MULTILINE)
    if counts is None:
        raise typer.BadParameter(f"{words[0]}: {told[-1000:]}")
    return Hardened(seconds, int(counts[1]), int(counts[2]), len(passed(host, rules) - before))


def main(
    collections: Annotated[
        Path, typer.Argument(help="有 devsec.hardening 的目录 where the collection is", exists=True)
    ],
    rules: Annotated[Path, typer.Argument(help="ssg-debian 的数据流 data stream", exists=True, dir_okay=False)],
    host: Annotated[str, typer.Argument(help="主机，将重建 a host, which is made anew")],
) -> None:
    """与 dev-sec 的角色比较加固用时 compare the time that hardening takes with dev-sec's roles."""
    with tempfile.TemporaryDirectory() as folder:
        playbook, defaults = Path(folder, "theirs.yml"), Path(folder, "ansible.cfg")
        playbook.write_text(THEIRS, encoding="utf-8")
        defaults.write_text("[defaults]\n", encoding="utf-8")
        words = (str(playbook), "--inventory", "playbooks/inventory.py", "--extra-vars", json.dumps(WITHOUT))
        paths = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
        judged = rules.read_bytes()
        usual = harden(host, judged, *words, **paths, ANSIBLE_CONFIG=str(defaults))
        tuned = harden(host, judged, *words, **paths)
    ours = harden(host, judged, "playbooks/harden.yml")
    for name in AFTERWARDS:
        play(f"playbooks/{name}.yml")
    rows = Table("加固 hardening", "秒 s", "任务 tasks", "变更 changed", "秒/任务 s per task", "改正规则 rules mended")
    for name, one in {"dev-sec": usual, "dev-sec, ansible.cfg": tuned, "ganyun": ours}.items():
        rows.add_row(name, f"{one.seconds:.1f}", str(one.ran), str(one.changed), f"{one.each:.2f}", str(one.mended))
    ratio = ours.each / usual.each
    Console().print(rows)
    Console().print(f"每任务用时之比 ratio of the time per task {ratio:.2f} (目标 goal {GOAL})")
    raise typer.Exit(1 if ratio > GOAL else 0)


if __name__ == "__main__":
    typer.run(main)
