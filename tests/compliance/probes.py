"""What is read on a host: every check names its commands here, and each host is asked all of them in one round trip."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import testinfra

from tests.compliance.scope import HostScope
from tests.compliance.verdicts import Evidence

COLLECTOR = Path(__file__).with_name("collector.py")
SSH = "-o BatchMode=yes -o ConnectTimeout=10 -o ControlMaster=no -o ControlPath=none"


@dataclass(frozen=True)
class Probe:
    """One read-only command; {automation} and {terminal} are filled in per host."""

    command: str

    def on(self, host: HostScope) -> str:
        """The command as this host is asked."""
        terminal = str(host.terminals[0].network_address)
        return self.command.replace("{automation}", host.automation).replace("{terminal}", terminal)


REGISTRY: dict[str, Probe] = {}


def probe(command: str) -> Probe:
    """Register a command; the same command asked by two checks is read once."""
    return REGISTRY.setdefault(command, Probe(command))


@dataclass(frozen=True)
class HostEvidence:
    """All that one host answered, or why it did not."""

    started: datetime
    ended: datetime
    readings: dict[str, Evidence] = field(default_factory=dict)
    unreachable: str = ""


def remote_command(commands: list[str]) -> str:
    """A command line that feeds the collector to the host's Python through a pipe, leaving no file."""
    program = COLLECTOR.read_text(encoding="utf-8") + f"\n\ncollect(json.loads({json.dumps(json.dumps(commands))}))\n"
    coded = base64.b64encode(program.encode()).decode()
    return f"printf %s {coded} | base64 -d | sudo -n /usr/bin/python3 -BI -"


def ask(host: HostScope, ssh_config: str) -> HostEvidence:
    """Read everything from one host; a host that gives nothing to read, for whatever reason, is a result."""
    started = datetime.now(UTC)
    try:
        connection = testinfra.get_host(
            f"ssh://{host.name}", ssh_config=ssh_config, controlpersist=0, ssh_extra_args=SSH
        )
        answer = connection.run(remote_command([probe.on(host) for probe in REGISTRY.values()]))
        if answer.rc != 0:
            return HostEvidence(started, datetime.now(UTC), unreachable=last_line(answer.stderr) or f"exit {answer.rc}")
        readings = {entry["command"]: Evidence.model_validate(entry) for entry in json.loads(answer.stdout)}
    except Exception as problem:
        # When ssh itself fails, testinfra raises its result.
        told = last_line(getattr(next(iter(problem.args), None), "stderr", ""))
        reason = told or f"{type(problem).__name__}: {problem}"[:300]
        return HostEvidence(started, datetime.now(UTC), unreachable=reason)
    return HostEvidence(started, datetime.now(UTC), readings)


def last_line(text: str) -> str:
    """The line of a program's complaint that says what happened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def ask_all(hosts: tuple[HostScope, ...], ssh_config: str) -> dict[str, HostEvidence]:
    """Ask all hosts at the same time."""
    with ThreadPoolExecutor(max(len(hosts), 1)) as pool:
        return dict(zip((host.name for host in hosts), pool.map(lambda h: ask(h, ssh_config), hosts), strict=True))
