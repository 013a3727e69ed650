"""Measure the figures that the README prints, so that a claim always has its command.

`python -m benchmarks` runs the figures that need nothing but a running lab with the slice; `python -m benchmarks
NAME …` runs those named. Each command runs as a user would type it, as often as the figure says; the table gives
minimum, median and maximum in seconds, and the most memory that one process took, beside the goals. A command that
tells more (rates, a comparison) is shown, and judges itself. Exit code 1 when a median misses its goal or a command
fails.
"""

import os
import shlex
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

console = Console()


class Figure(BaseModel):
    """One promised figure; `goal` is in seconds, `state` is what the lab must be in before the command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    what: str
    command: str
    goal: float
    megabytes: int | None = None
    state: Literal["any", "up", "province", "down", "empty"]
    runs: int = 3
    tells: bool = False


class Run(NamedTuple):
    """What one run took, and what it said."""

    seconds: float
    megabytes: int
    code: int
    output: str


def load() -> tuple[Figure, ...]:
    """Read figures.yaml, which stands beside this file."""
    data = YAML(typ="safe").load(Path(__file__).with_name("figures.yaml"))
    return tuple(Figure.model_validate(entry) for entry in data["figures"])


def measure(command: str) -> Run:
    """Run it once; memory is that of the largest process that it waited for, itself included."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        started = time.monotonic()
        process = subprocess.Popen(shlex.split(command), stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Run(seconds, usage.ru_maxrss // 1024, process.returncode, output.read())


def judge(figure: Figure, runs: list[Run]) -> tuple[list[str], bool]:
    """The figure's row, and whether every goal is met."""
    if failed := [run for run in runs if run.code]:
        console.print(failed[0].output, markup=False)
        return [figure.name, "-", f"failed ({failed[0].code})", "-", f"{figure.goal:g}", "-"], False
    seconds = [run.seconds for run in runs]
    median, megabytes = statistics.median(seconds), max(run.megabytes for run in runs)
    times = [f"{value:.1f}" for value in (min(seconds), median, max(seconds))]
    memory = f"{megabytes}" + (f" of {figure.megabytes}" if figure.megabytes else "")
    met = median <= figure.goal and megabytes <= (figure.megabytes or megabytes)
    return [figure.name, *times, f"{figure.goal:g}", memory], met


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="figures to measure; default: those with state any or up")
    ] = None,
    runs: Annotated[int | None, typer.Option(help="runs of each command; default: as the figure says")] = None,
) -> None:
    """Measure and print the figures."""
    figures = {figure.name: figure for figure in load()}
    unknown = set(names or ()) - figures.keys()
    if unknown:
        console.print(f"benchmarks/figures.yaml has no {', '.join(sorted(unknown))}; it has {', '.join(figures)}")
        raise typer.Exit(2)
    chosen = [figures[name] for name in names] if names else [f for f in figures.values() if f.state in {"any", "up"}]
    table = Table("figure", "min s", "median s", "max s", "goal s", "MB")
    missed = False
    for figure in chosen:
        console.print(f"▶ {figure.name}: {figure.what}: {figure.command}", markup=False)
        measured = [measure(figure.command) for _ in range(runs or figure.runs)]
        if figure.tells:
            console.print(measured[-1].output, markup=False)
        row, met = judge(figure, measured)
        table.add_row(*row)
        missed = missed or not met
    console.print(table)
    raise typer.Exit(1 if missed else 0)


if __name__ == "__main__":
    typer.run(main)
