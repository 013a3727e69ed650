"""The drill's journal: one line per event, written before anything depends on it, so that even a drill that was cut off
has its evidence. The report reads nothing else."""

import contextlib
import itertools
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TextIO

from pydantic import Field

from disaster_recovery.objectives import Model

Kind = Literal["begin", "step", "done", "command", "fact", "fault", "served", "failed", "end"]
EXCERPT = 4000
MESSAGE = 2000
FATAL = re.compile(
    r"^TASK \[[^\n]*\n(?:(?!^TASK \[)[^\n]*\n)*?(?:fatal|failed): .*?(?=^TASK \[|^PLAY |\Z)", re.MULTILINE | re.DOTALL
)


class Event(Model):
    """Something that happened."""

    at: float
    kind: Kind
    name: str = ""
    data: dict[str, Any] = Field(default_factory=dict)


class CommandError(RuntimeError):
    """A command that failed; its output lies in the evidence."""


class Journal:
    """The folder of one drill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "journal.jsonl"

    def add(self, kind: Kind, name: str = "", **data: Any) -> Event:
        """Write an event to the disk."""
        event = Event(at=time.time(), kind=kind, name=name, data=data)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(event.model_dump_json() + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return event

    def events(self) -> tuple[Event, ...]:
        """Return all events, oldest first."""
        if not self._path.exists():
            return ()
        return tuple(map(Event.model_validate_json, self._path.read_text(encoding="utf-8").splitlines()))

    def fact(self, name: str) -> Any:
        """Return the newest fact of this name."""
        found = [event.data["value"] for event in self.events() if event.kind == "fact" and event.name == name]
        if not found:
            msg = f"演练记录缺少 {name} · the journal holds no {name}: {self._path}"
            raise CommandError(msg)
        return found[-1]

    def moment(self, kind: Kind, name: str = "") -> float:
        """Return when the newest event of this kind (and name) happened."""
        return [one.at for one in self.events() if one.kind == kind and name in ("", one.name)][-1]

    def _new_evidence(self) -> Path:
        """Reserve the next file; commands may run side by side."""
        folder = self.folder / "evidence"
        folder.mkdir(exist_ok=True)
        for number in itertools.count(len(list(folder.glob("*.txt"))) + 1):
            path = folder / f"{number:02d}.txt"
            with contextlib.suppress(FileExistsError):
                path.touch(exist_ok=False)
                return path
        raise AssertionError

    def note(self, name: str, value: Any) -> None:
        """Write a fact."""
        self.add("fact", name, value=value)

    def run(
        self, title: str, command: Sequence[str], *, given: str | None = None, secret: bool = False, shown: str = ""
    ) -> str:
        """Run a command, keep what it printed as evidence and return it; `secret` keeps its input out."""
        started = time.time()
        path = self._new_evidence()
        complaints = path.with_suffix(".err")
        with path.open("w") as out, complaints.open("w") as err:
            code = _run(command, given, out, err)
        text = path.read_text(encoding="utf-8", errors="replace")
        if said := complaints.read_text(encoding="utf-8", errors="replace"):
            with path.open("a", encoding="utf-8") as out:
                out.write(f"\n--- stderr ---\n{said}")
        complaints.unlink()
        self.add(
            "command",
            title,
            command=shown or shlex.join(command),
            input="" if secret else (given or ""),
            started=started,
            exit=code,
            output=(text + said)[-EXCERPT:],
            file=f"evidence/{path.name}",
        )
        if code != 0:
            msg = f"{title}：失败 failed (exit {code}, evidence/{path.name})\n{_heart(text, said)}"
            raise CommandError(msg)
        return text


def _run(command: Sequence[str], given: str | None, out: TextIO, err: TextIO) -> int:
    """Ctrl-C reaches the command too: it is given time to end well, or Pulumi would leave its state locked."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err, text=True) as process:
        try:
            process.communicate(given)
        except KeyboardInterrupt:
            process.wait()
            raise
    return process.returncode


def _heart(text: str, said: str) -> str:
    """Return the lines that say what went wrong: of a playbook the task that failed, else the last ones."""
    if found := FATAL.search(text):
        return found[0].strip()[-MESSAGE:]
    return "\n".join((said.strip() or text.strip()).splitlines()[-15:])[-MESSAGE:]


def dump(path: Path, value: Any) -> None:
    """Write JSON for people and programs."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
