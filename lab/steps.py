"""Run one command of a longer verb in view: live lines and time, a log, and what to do when it fails.

The command writes straight into its log file, which is read as it grows: nothing that it leaves running blocks a step.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from lab.paths import Paths
from lab.secrets import private_folder

TAIL = 30  # lines of a failed command that are shown
# How Ansible and the project's own programs begin to say what failed.
FAULT = re.compile(r"(?:fatal|failed): \[|ERROR|✗")
FAULT_LINES = 12  # that are shown of it
LIVE = 4  # lines of a running command that are shown on a terminal
TICK_SECONDS = 0.2
QUIET_SECONDS = 30.0  # without a terminal: how often a running step tells that it is alive
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
NOT_FOUND = 127
INTERRUPTED = 130


class Terminated(KeyboardInterrupt):
    """SIGTERM: unlike Ctrl-C it reached this process alone, and is handed on."""

    @classmethod
    def throw(cls, *_: object) -> None:
        """As a signal handler."""
        raise cls


class Step(BaseModel):
    """What one step did."""

    model_config = ConfigDict(frozen=True)

    title: str
    position: str
    seconds: float
    code: int
    log: Path
    finished: datetime


def clock(seconds: float) -> str:
    """83 → 1:23."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def readable(log: bytes) -> list[str]:
    """The lines of a log as a reader wants them: no escapes, a progress line only in its last form."""
    text = ESCAPES.sub("", log.decode(errors="replace"))
    shown = (line.rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n"))
    return [line for line in shown if line]


def lines(log: Path, last: int) -> list[str]:
    """The last lines of a log that may be long."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        return readable(file.read())[-last:]


def last_words(log: Path) -> list[str]:
    """The end of a failed command's log; before it, what failed, when others that ran beside it had more to say."""
    said = readable(log.read_bytes())
    end = max(0, len(said) - TAIL)
    fault = next((number for number in reversed(range(len(said))) if FAULT.match(said[number])), end)
    return [*said[fault : min(fault + FAULT_LINES, end)], *(["…"] if fault < end else []), *said[end:]]


def recorded(path: Path) -> list[Step]:
    """The steps of the present run, oldest first."""
    if not path.exists():
        return []
    return [Step.model_validate(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def record(path: Path, step: Step) -> None:
    """Note a step; the first of a verb begins a new list, and a repeated one replaces its earlier self."""
    first = step.position.startswith("1/")
    kept = [] if first else [old for old in recorded(path) if old.title != step.title]
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps([s.model_dump(mode="json") for s in [*kept, step]], indent=1), encoding="utf-8")
    aside.replace(path)


def watch(process: subprocess.Popen[bytes], log: Path, heading: str, console: Console) -> int:
    """Show the command's life until it ends; Ctrl-C reaches the command too, which is given time to end well."""
    started = time.monotonic()
    told = started
    if not console.is_terminal:
        console.print(heading)
    with Live(console=console, transient=True, auto_refresh=False) as live:
        while process.poll() is None:
            now = time.monotonic()
            if console.is_terminal:
                head = Text(f"{heading}  {clock(now - started)}", style="bold")
                live.update(
                    Group(
                        head,
                        *(Text(f"  {line}", "dim", overflow="ellipsis", no_wrap=True) for line in lines(log, LIVE)),
                    )
                )
                live.refresh()
            elif now - told >= QUIET_SECONDS:
                told = now
                console.print(f"  {clock(now - started)}  {''.join(lines(log, 1))}")
            time.sleep(TICK_SECONDS)
    return process.returncode


def tell(step: Step, command: list[str], console: Console) -> None:
    """One line on success; on failure all that helps: the command, its last words, its log, the way on."""
    if not step.code:
        console.print(f"✓ [{step.position}] {step.title}  {clock(step.seconds)}", style="green")
        return
    console.print(f"✗ [{step.position}] {step.title}  {clock(step.seconds)}", style="bold red")
    console.print(f"  命令 command: {shlex.join(command)}")
    for line in last_words(step.log):
        console.print(f"  │ {line}", style="dim")
    console.print(f"  退出码 exit code: {step.code}    日志 log: {step.log}")
    console.print(
        "  排除原因后再次运行同一条 make 命令即可继续。Mend the cause and run the same make verb again: it goes on."
    )


def start(command: list[str], output: BinaryIO) -> subprocess.Popen[bytes] | None:
    """Start the command with its words going to the log; None when there is no such program: the log says so."""
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    except OSError as error:
        output.write(f"{error}\n".encode())
        return None


def run(title: str, position: str, command: list[str], paths: Paths) -> int:
    """Run one step; returns the command's exit code."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())
    private_folder(paths.state)
    private_folder(paths.step_log)
    number = position.partition("/")[0].zfill(2)
    log = paths.step_log / f"{number}-{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        output.write(f"$ {shlex.join(command)}\n".encode())
        output.flush()
        process = start(command, output)
    signal.signal(signal.SIGTERM, Terminated.throw)
    try:
        code = NOT_FOUND if process is None else watch(process, log, f"▶ [{position}] {title}", console)
    except KeyboardInterrupt as reason:
        console.print("  正在停止，请稍候 stopping, please wait …")
        if process is not None:
            if isinstance(reason, Terminated):
                process.terminate()
            process.wait()
        code = INTERRUPTED
    step = Step(
        title=title,
        position=position,
        seconds=time.monotonic() - started,
        code=code,
        log=log,
        finished=datetime.now(UTC),
    )
    record(paths.step_times, step)
    tell(step, command, console)
    return code if 0 <= code < 256 else 128 - code
