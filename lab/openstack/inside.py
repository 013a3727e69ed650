"""Find the lab's processes, act within its namespaces, and knock at its ports."""

import ctypes
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from lab.openstack.enter import MARK
from lab.openstack.services import Probe
from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError, run

CLONE_NEWNET = 0x40000000
Result = TypeVar("Result")


def marked() -> Iterator[tuple[int, str]]:
    """Every process of any lab outside its instances, by the mark in its environment, with that lab's state folder."""
    prefix = f"{MARK}=".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "environ").read_bytes().split(b"\0")
            except OSError:  # gone meanwhile
                continue
            for word in words:
                if word.startswith(prefix):
                    yield int(entry.name), word.removeprefix(prefix).decode()


def labs() -> set[str]:
    """The state folders of all labs that live on this machine."""
    return {state for _, state in marked()}


def processes(lab: LabSettings) -> list[int]:
    """This lab's processes, the first one first."""
    found = [pid for pid, state in marked() if state == str(lab.state)]
    return sorted(found, key=lambda pid: (not is_first(pid), pid))


def is_first(pid: int) -> bool:
    """Is this process number 1 of a namespace below ours?"""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
    return len(numbers) == 2 and numbers[-1] == "1"


def first_process(lab: LabSettings) -> int | None:
    """The lab's process 1, as numbered outside."""
    return next((pid for pid in processes(lab)[:1] if is_first(pid)), None)


def kill(lab: LabSettings, patience: float = 30) -> None:
    """End process 1, which takes everything in its namespaces along, and any helper of a half-finished start."""
    deadline = time.monotonic() + patience
    while left := processes(lab):
        if time.monotonic() > deadline:
            raise LabError(f"processes {left} of the lab do not end")
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def run_inside(pid: int, command: list[str], env: Mapping[str, str] | None = None) -> str:
    """Run a program of the lab's root in the lab."""
    spaces = ("--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup")
    entered = ["nsenter", "--target", str(pid), *spaces, "--root", "--wd", "--"]
    path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    return run([*entered, "env", "-u", MARK, path, "HOME=/root", "LANG=C.UTF-8", *command], env=env)


def in_network(pid: int, action: Callable[[], Result]) -> Result:
    """Call something that opens sockets from within the lab's network; only the one thread enters it."""

    def enter() -> Result:
        with Path(f"/proc/{pid}/ns/net").open() as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                raise LabError(f"cannot enter the lab's network: {os.strerror(ctypes.get_errno())}")
        return action()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(enter).result()


def answers(probe: Probe, timeout: float = 5) -> bool:
    """Does the port accept, and does HTTP answer without a server error?"""
    try:
        if probe.path is None:
            socket.create_connection((probe.host, probe.port), timeout).close()
            return True
        connection = http.client.HTTPConnection(probe.host, probe.port, timeout=timeout)
        connection.request("GET", probe.path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False


def wait_for(lab: LabSettings, pid: int, probes: Mapping[str, Probe], patience: float = 120) -> None:
    """Return when every named probe answers."""
    deadline = time.monotonic() + patience

    def wait() -> list[str]:
        waiting = dict(probes)
        while waiting and time.monotonic() < deadline:
            waiting = {name: probe for name, probe in waiting.items() if not answers(probe)}
            time.sleep(0.1 if waiting else 0)
        return sorted(waiting)

    if silent := in_network(pid, wait):
        raise LabError(f"没有应答 no answer from {', '.join(silent)}: see {lab.log}")
