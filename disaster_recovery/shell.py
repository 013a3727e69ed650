"""How the controller reaches things: hosts by the ssh configuration of the inventory, playbooks and pulumi by name."""

import os
import shlex
import subprocess
import time
from pathlib import Path

from disaster_recovery.journal import Journal


def home() -> Path:
    """Return the repository's folder."""
    return Path(os.environ["GANYUN_HOME"])


def ssh_config() -> Path:
    """Return the file that the inventory wrote: same way in, same pinned host keys as Ansible's."""
    return Path(os.environ["GANYUN_STATE"]) / "ssh_config"


def ssh(host: str) -> list[str]:
    """Return the words that run a command on a host."""
    return ["ssh", "-F", str(ssh_config()), "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", host]


def on_host(
    journal: Journal, title: str, host: str, command: list[str], *, given: str | None = None, secret: bool = False
) -> str:
    """Run a command as root on a host, with evidence."""
    words = shlex.join(command)
    whole = [*ssh(host), f"cd / && sudo {words}"]
    return journal.run(title, whole, given=given, secret=secret, shown=f"{host} # {words}")


def playbook(name: str, host: str, *more: str) -> list[str]:
    """Return the words that run a playbook for one host."""
    return ["ansible-playbook", str(home() / "playbooks" / name), "--limit", host, *more]


def psql(database: str) -> list[str]:
    """Return the words that ask the database as its superuser, by the local socket."""
    options = ["--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-d", database]
    return ["runuser", "-u", "postgres", "--", "psql", *options]


def wait_for_ssh(journal: Journal, host: str, limit: float) -> None:
    """Wait until the host lets us in and its first boot is over."""
    deadline = time.monotonic() + limit
    while subprocess.run([*ssh(host), "true"], capture_output=True, check=False).returncode != 0:
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    journal.run("主机可登录，首次启动完成 log-in works, first boot is over", [*ssh(host), "cloud-init status --wait"])
