"""What the commands over the facts share: where the facts are, and how problems are told."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from infra.plan.problems import FactsError

FACTS = Path(__file__).resolve().parents[2] / "stacks"
Folder = Annotated[Path, typer.Option("--facts", help="数据目录 folder of facts", file_okay=False, exists=True)]


def run(app: typer.Typer) -> None:
    """Run a command; problems are an answer, not a crash."""
    try:
        app()
    except FactsError as error:
        sys.exit(error.report())
