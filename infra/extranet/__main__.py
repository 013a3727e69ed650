"""The extranet's commands: write every router's configuration, or show first what would change.

python -m infra.extranet diff <folder>
python -m infra.extranet render <folder> [--remove-gone]
"""

from pathlib import Path
from typing import Annotated

import typer

from infra.extranet.files import Change, compare, write
from infra.extranet.plan import plan
from infra.plan.commands import FACTS, Folder, run
from infra.plan.load import load

SHOWN = 20
Configurations = Annotated[Path, typer.Argument(help="配置目录 folder with a file for each router", file_okay=False)]
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def render(
    folder: Configurations,
    remove_gone: Annotated[bool, typer.Option(help="删除已撤销节点的文件 remove files of nodes that are gone")] = False,
    facts: Folder = FACTS,
) -> None:
    """写出每台路由器的配置，未变的不动 · Write each router's configuration; what is the same stays untouched."""
    wanted = plan(load(facts)).files()
    folder.mkdir(parents=True, exist_ok=True)
    changes = compare(folder, wanted)
    gone = [change for change in changes if change.after is None]
    written = [change for change in changes if change.after is not None]
    for change in [*written, *(gone if remove_gone else [])]:
        write(folder, change)
    for change in written if len(written) <= SHOWN else ():
        typer.echo(f"  {change.name}")
    for change in gone:
        told = "已删除 removed" if remove_gone else "节点已撤销 its node is gone; kept without --remove-gone"
        typer.echo(f"  {change.name}: {told}")
    typer.echo(f"共 {len(wanted)} 台，写入 {len(written)} · {len(wanted)} routers, {len(written)} written")


@app.command()
def diff(folder: Configurations, facts: Folder = FACTS) -> None:
    """显示将要改变的内容，有变化时退出码为 1 · Show what `render` would change; exit code 1 when there is something."""
    changes = compare(folder, plan(load(facts)).files())
    for change in changes:
        typer.echo(change.diff(), nl=False)
    typer.echo(_count(changes), err=True)
    raise typer.Exit(1 if changes else 0)


def _count(changes: list[Change]) -> str:
    new = sum(change.before is None for change in changes)
    gone = sum(change.after is None for change in changes)
    changed = len(changes) - new - gone
    return f"新增 {new}，变更 {changed}，撤销 {gone} · {new} new, {changed} changed, {gone} gone"


def main() -> None:
    """Run a command."""
    run(app)


if __name__ == "__main__":
    main()
