"""Start the twin, act in its namespaces, and end it."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from infra.extranet.plan import plan
from infra.extranet.render import render
from infra.plan.load import load
from lab.openstack.shell import LabError
from lab.paths import HOME
from lab.twin.inside import UP
from lab.twin.layout import Host, choose, namespace

NAMESPACES = (
    "--mount",
    "--propagation",
    "private",
    "--net",
    "--pid",
    "--uts",
    "--fork",
    "--kill-child",
    "--mount-proc",
)


PATIENCE = 60  # seconds, for all sessions as for the end


class Twin:
    """A running twin; ending this process ends it too."""

    def __init__(self, facts: Path, city: str, townships: int) -> None:
        """Choose what it has, and write the configurations that it will run."""
        world = load(facts)
        self.layout = choose(plan(world), world.divisions, city, townships)
        self._folder = tempfile.TemporaryDirectory(prefix="ganyun-twin-")
        for name, text in render(self.layout.nodes).items():
            Path(self._folder.name, name).write_text(text, encoding="utf-8")
        self._words = [str(facts.resolve()), self._folder.name, city, str(townships)]

    def __enter__(self) -> "Twin":
        """Start it; returns when every router has its configuration."""
        command = ["unshare", *NAMESPACES, sys.executable, "-m", "lab.twin.inside", *self._words]
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        if not self._process.stdout or self._process.stdout.readline().strip() != UP:
            self.close()
            self._errors.seek(0)
            raise LabError(f"镜像网络未能启动 the twin did not start:\n{self._errors.read()[-2000:]}")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="ascii")
        self.first = int(children.split()[0])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End process 1 by the end of its input; what is in its namespaces goes first, and is waited for."""
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._folder.cleanup()

    @property
    def province(self) -> str:
        """The code of the province."""
        return next(node.division for node in self.layout.nodes if node.role == "core")

    @property
    def hosts(self) -> dict[str, Host]:
        """All hosts by name."""
        return {host.name: host for host in self.layout.hosts}

    def words(self, namespace: str, command: Sequence[str]) -> list[str]:
        """The command that runs a program in one of the twin's network namespaces."""
        return [*self._enter, "ip", "netns", "exec", namespace, *command]

    def at_once(self, commands: Iterable[tuple[str, str]]) -> None:
        """Shell commands, each in a network namespace, at the same moment."""
        together = " & ".join(f"ip netns exec {namespace} {command}" for namespace, command in commands)
        subprocess.run([*self._enter, "sh", "-c", f"{together} & wait"], check=True)

    @property
    def _enter(self) -> list[str]:
        return ["nsenter", f"--target={self.first}", "--mount", "--pid", "--net", "--uts"]

    def run(self, namespace: str, command: Sequence[str], check: bool = True) -> str:
        """Run it; what it printed."""
        done = subprocess.run(self.words(namespace, command), capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise LabError(f"{namespace}: {' '.join(command)} → {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def vtysh(self, router: str, *commands: str) -> str:
        """What a router answers."""
        words = [word for command in commands for word in ("-c", command)]
        return self.run(router, ["vtysh", "-N", router, *words])

    def show(self, router: str, command: str) -> Any:
        """A router's answer to a `show … json`."""
        return json.loads(self.vtysh(router, f"{command} json") or "{}")

    def reaches(self, source: str, address: str) -> bool:
        """Whether an address answers one of the echoes of a second."""
        said = self.run(source, ["ping", "-q", "-n", "-c", "1", "-i", "0.2", "-w", "1", address], check=False)
        return " received" in said and "100% packet loss" not in said

    def silent(self) -> list[str]:
        """Sessions over wires of the twin over which not both families have come yet, as router and interface."""
        wired = {end for wire in self.layout.wires for end in wire}
        return [
            f"{node.name} {session.interface}"
            for node in self.layout.nodes
            for table in node.tables
            for heard in [self._heard(node.name, table.vrf)]
            for session in table.sessions
            if (namespace(node.name, table.vrf), session.interface) in wired and session.interface not in heard
        ]

    def _heard(self, router: str, vrf: str | None) -> set[str]:
        families = self.show(router, f"show bgp vrf {vrf or 'default'} summary").values()
        heard = [{name for name, peer in one["peers"].items() if peer.get("pfxRcd")} for one in families]
        return set.intersection(*heard) if len(heard) > 1 else set()

    def wait(self, patience: float = PATIENCE) -> float:
        """Wait until all sessions are established; seconds that it took."""
        begin = time.monotonic()
        while silent := self.silent():
            if time.monotonic() - begin > patience:
                raise LabError(f"会话未建立 not established: {', '.join(silent[:10])} … {len(silent)}")
        return time.monotonic() - begin
