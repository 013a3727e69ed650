"""`python -m disaster_recovery`: what playbooks call. Each drill step is a verb, so that Ansible shows the progress."""

import datetime as dt
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from disaster_recovery import steps
from disaster_recovery.facts import Facts, FactsError, load_database
from disaster_recovery.journal import Journal
from disaster_recovery.manifest import Manifest, bounds, compare, sql
from disaster_recovery.report import ENGLISH, Report, write

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

STEPS: dict[str, tuple[str, Callable[[Journal], None]]] = {
    "precheck": ("演练前检查 precheck", steps.precheck),
    "manifest": ("独立清单 independent manifest", steps.take_manifest),
    "fault": ("注入故障：销毁服务器 destroy the server", steps.break_down),
    "rebuild": ("重建主机 rebuild", steps.rebuild),
    "fetch": ("加固并取回备份 harden, fetch the backup", steps.harden_and_fetch),
    "serve": ("恢复服务 serve again", steps.serve),
    "verify": ("核对与测量 verify and measure", steps.verify),
    "resume": ("恢复保护 back to normal", steps.resume),
    "conclude": ("结论 conclude", steps.conclude),
}


@app.command()
def begin(
    system: Annotated[str, typer.Option(help="the system to drill")],
    facts: Annotated[str, typer.Option(help="its facts as JSON, from the inventory")],
    databases: Annotated[Path, typer.Option(help="the folder stacks/databases")],
) -> None:
    """Open a drill: its folder, its journal, and a report that says failed until the drill proves otherwise."""
    try:
        database = load_database(databases / f"{system}.yaml")
    except FactsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    known = Facts.model_validate({**json.loads(facts), "system": system, "title": database.title, "database": database})
    reports = Path(os.environ["GANYUN_REPORTS"]) / "drill"
    folder = reports / f"{dt.datetime.now().astimezone():%Y%m%dT%H%M%S}-{system}"
    folder.mkdir(parents=True)
    journal = Journal(folder)
    journal.add("begin", system)
    journal.note("facts", known.model_dump(mode="json", by_alias=True))
    write(journal)
    _point(reports / "latest", folder)
    typer.echo(str(folder))


@app.command()
def step(name: Annotated[str, typer.Argument(help=", ".join(STEPS))], folder: Path) -> None:
    """Run one step of an open drill; a failure is written into the report before it ends the play."""
    title, action = STEPS[name]
    journal = Journal(folder)
    journal.add("step", title)
    write(journal)
    try:
        action(journal)
    except Exception as error:
        journal.add("failed", title, message=str(error))
        _say(write(journal), folder)
        raise typer.Exit(1) from None
    journal.add("done", title)
    if name == "conclude":
        journal.add("end")
    _say(write(journal), folder)


def _say(report: Report, folder: Path) -> None:
    words = [f"{folder / 'report.html'}", f"{report.verdict} {ENGLISH[report.verdict]}", report.reason]
    if found := report.values.get("measurement"):
        objective = report.facts.objective
        words.append(f"RPO {found['rpo_seconds']:.1f} s / {objective.rpo_seconds:.0f} s")
        words.append(f"RTO {found['rto_seconds']:.1f} s / {objective.rto_seconds:.0f} s")
    typer.echo("\n".join(words), err=report.verdict == "失败")


def _point(link: Path, folder: Path) -> None:
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    fresh.rename(link)


@app.command()
def question(database: Path, before: Annotated[Path | None, typer.Option(help="a manifest to repeat")] = None) -> None:
    """Print the SQL that answers with a manifest of the database."""
    earlier = Manifest.model_validate_json(before.read_text(encoding="utf-8")) if before else None
    typer.echo(sql(load_database(database), bounds(earlier) if earlier else None))


@app.command(name="compare")
def compare_files(expected: Path, found: Path) -> None:
    """Compare two manifests of a database."""
    both = [Manifest.model_validate_json(path.read_text(encoding="utf-8")) for path in (expected, found)]
    differences = compare(*both)
    for one in differences:
        typer.echo(f"{one.what}: {one.expected} -> {one.found}", err=True)
    sys.exit(1 if differences else 0)
