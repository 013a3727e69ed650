"""What the end-to-end tests stand on: the running lab, the stack's outputs and a shell on each host.

These tests run against a lab that is up (`make up`); `make test` brings one up when there is none. They never change
what the users keep there: each test that breaks something puts it back and proves that.
"""

import base64
import json
import os
import subprocess
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openstack
import pytest

ROOT = Path(__file__).resolve().parents[2]

SSH_FAILED = 255
LOST = ("kex_exchange_identification", "not responding")

Run = Callable[..., subprocess.CompletedProcess[str]]


def execute(
    command: Sequence[str], *, check: bool = True, timeout: float = 600, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command at the repository's root; on a failure the whole output stands in the assertion."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check:
        assert done.returncode == 0, told(done)
    return done


def told(done: subprocess.CompletedProcess[str]) -> str:
    """A command's whole story, for the assertion that it failed."""
    return f"{' '.join(done.args)} → {done.returncode}\n{done.stdout}\n{done.stderr}"


def piped(program: str, interpreter: str) -> str:
    """A command line that feeds a program to its interpreter as root, leaving no file behind."""
    return f"printf %s {base64.b64encode(program.encode()).decode()} | base64 -d | sudo {interpreter}"


@contextmanager
def spare_server(cloud: Any, name: str, network: Any) -> Iterator[None]:
    """A server that nobody planned, in the network's own project, for as long as a test needs it."""
    project = openstack.connect(
        cloud=os.environ["OS_CLOUD"], project_id=network.project_id, project_domain_name="", project_name=""
    )
    server = project.compute.create_server(
        name=name,
        image_id=next(iter(cloud.image.images(name="debian-12"))).id,
        flavor_id=cloud.compute.find_flavor("g1.small", ignore_missing=False).id,
        networks=[{"uuid": network.id}],
    )
    try:
        project.compute.wait_for_server(server, wait=120)
        yield
    finally:
        project.delete_server(server.id, wait=True)


@pytest.fixture(scope="session")
def run() -> Run:
    return execute


@pytest.fixture(scope="session")
def state() -> Path:
    return Path(os.environ["GANYUN_STATE"])


@pytest.fixture(scope="session")
def reports() -> Path:
    return Path(os.environ["GANYUN_REPORTS"])


@pytest.fixture(scope="session")
def cloud() -> Any:
    """A connection to the lab's OpenStack by the same clouds.yaml entry that users have."""
    return openstack.connect(cloud=os.environ["OS_CLOUD"])


@pytest.fixture(scope="session")
def inventory() -> dict[str, Any]:
    """The Ansible inventory, as `playbooks/inventory.py --list` prints it."""
    listing: dict[str, Any] = json.loads(execute(["playbooks/inventory.py", "--list"]).stdout)
    return listing


@pytest.fixture(scope="session")
def hostvars(inventory: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = inventory["_meta"]["hostvars"]
    return found


@pytest.fixture(scope="session")
def on(state: Path) -> Run:
    """Run a shell command on a host through the bastion: `on("db-1", "hostname")`.

    As Ansible does, a connection that is lost is made once more: the command may have begun then, and runs twice.
    """

    def ssh(host: str, command: str, *, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        line = ["ssh", "-F", str(state / "ssh_config"), "-o", "BatchMode=yes", host, command]
        done = execute(line, check=False, timeout=timeout)
        if done.returncode == SSH_FAILED and any(word in done.stderr for word in LOST):
            warnings.warn(f"{host}: {done.stderr}", stacklevel=2)
            done = execute(line, check=False, timeout=timeout)
        if check:
            assert done.returncode == 0, told(done)
        return done

    return ssh
