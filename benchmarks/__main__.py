"""Measure the figures that the README prints, so that a claim always has its command.

`python -m benchmarks` runs the figures that need nothing but a running lab; `python -m benchmarks NAME …` runs those
named. Each command runs as a user would type it, three times unless told otherwise; the table gives minimum, median
and maximum in seconds beside the goal. Exit code 1 when a median misses its goal or a command fails.
"""

import shlex
import statistics
import subprocess
import time
from pathlib import Path
from typing import Annotated, Literal

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
    state: Literal["any", "up", "down", "empty"]


def load() -> tuple[Figure, ...]:
    """Read figures.yaml, which stands beside this file."""
    data = YAML(typ="safe").load(Path(__file__).with_name("figures.yaml"))
    return tuple(Figure.model_validate(entry) for entry in data["figures"])


def measure(figure: Figure, runs: int) -> list[float]:
    """Run the command `runs` times; seconds of each run. A failing command raises CalledProcessError."""
    seconds = []
    for _ in range(runs):
        started = time.monotonic()
        subprocess.run(shlex.split(figure.command), check=True, capture_output=True)
        seconds.append(time.monotonic() - started)
    return seconds


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="figures to measure; default: those with state any or up")
    ] = None,
    runs: Annotated[int, typer.Option(help="runs of each command")] = 3,
) -> None:
    """Measure and print the figures."""
    figures = {figure.name: figure for figure in load()}
    unknown = set(names or ()) - figures.keys()
    if unknown:
        console.print(f"benchmarks/figures.yaml has no {', '.join(sorted(unknown))}; it has {', '.join(figures)}")
        raise typer.Exit(2)
    chosen = [figures[name] for name in names] if names else [f for f in figures.values() if f.state in {"any", "up"}]
    table = Table("what", "command", "min s", "median s", "max s", "goal s")
    missed = False
    for figure in chosen:
        try:
            seconds = measure(figure, runs)
        except subprocess.CalledProcessError as error:
            table.add_row(figure.what, figure.command, "-", f"failed ({error.returncode})", "-", f"{figure.goal:g}")
            missed = True
            continue
        median = statistics.median(seconds)
        missed = missed or median > figure.goal
        row = (f"{value:.1f}" for value in (min(seconds), median, max(seconds), figure.goal))
        table.add_row(figure.what, figure.command, *row)
    console.print(table)
    raise typer.Exit(1 if missed else 0)


if __name__ == "__main__":
    typer.run(main)
