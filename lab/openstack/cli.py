"""The lab's verbs, for `python -m lab.openstack.cli` and to be mounted in the project's command line."""

import typer
from rich.console import Console
from rich.table import Table

from lab.openstack import lifecycle, settings, teardown
from lab.openstack.health import all_well
from lab.openstack.progress import on_console
from lab.openstack.shell import LabError, run

app = typer.Typer(no_args_is_help=True, help="实验云 the lab's OpenStack.")
console = Console()


@app.command()
def up() -> None:
    """Start the lab or complete it."""
    lifecycle.up(on_console(console))


@app.command()
def emulate() -> None:
    """Start the node whose instances have a kernel of their own."""
    lifecycle.emulate(on_console(console))


@app.command()
def down() -> None:
    """End the lab and remove its state."""
    teardown.down()


@app.command()
def status() -> None:
    """Show each service's health; exit 1 when one is ill."""
    seen = lifecycle.status()
    rows = Table("服务 service", "状态 state", "健康 health", "说明 detail")
    for service in seen:
        rows.add_row(service.name, service.state, "[green]✓[/]" if service.healthy else "[red]✗[/]", service.detail)
    console.print(rows)
    if not all_well(seen):
        raise typer.Exit(1)


@app.command()
def logs(service: str, lines: int = 50) -> None:
    """Show the end of a service's log."""
    folder = settings.load().log
    path = folder / f"{service}.log"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.log")))
        raise LabError(f"没有日志 no log of {service}; there are: {known}")
    console.print(run(["tail", f"--lines={lines}", path]), markup=False, highlight=False)


@app.command()
def build() -> None:
    """Build the golden images and the root of the lab's services into the cache."""
    lifecycle.built(settings.load(), on_console(console))


if __name__ == "__main__":
    try:
        app()
    except LabError as error:
        console.print(f"[red]{error}[/]")
        raise SystemExit(1) from None
