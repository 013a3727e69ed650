"""What operators and evaluators do with audits beside making one: python -m tests.compliance --help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from tests.compliance.catalogue import load_catalogue
from tests.compliance.pages import pages, write
from tests.compliance.report import Report, load_report, summary
from tests.compliance.report import schedule as timer
from tests.compliance.report.signature import PUBLIC, public_key
from tests.compliance.report.signature import verify as problems
from tests.compliance.report.summary import told
from tests.compliance.traces import traces
from tests.compliance.waivers import load_waivers

HOME = Path(__file__).resolve().parents[2]
DOCS = HOME / "docs" / "controls"
UNITS = Path.home() / ".config" / "systemd" / "user"

cli = typer.Typer(add_completion=False, no_args_is_help=True)
Folder = Annotated[Path | None, typer.Argument(help="报告目录 a report's folder; left out: the latest")]


def latest() -> Path:
    """The last audit's folder."""
    return Path(os.environ["GANYUN_REPORTS"]) / "compliance" / "latest"


def read(folder: Path) -> Report:
    """An audit's record; the program ends where there is none."""
    try:
        return load_report(folder)
    except (OSError, ValueError) as problem:
        print(f"没有可读的报告 no report that can be read: {folder}: {type(problem).__name__}", file=sys.stderr)
        raise typer.Exit(2) from problem


@cli.command()
def verify(
    folder: Folder = None,
    key: Annotated[Path | None, typer.Option(help="公钥 the operator's public key; left out: this machine's")] = None,
) -> None:
    """核对报告签名 tell a report that was changed since it was signed."""
    where, file = folder or latest(), key or Path(os.environ["GANYUN_SECRETS"]) / PUBLIC
    try:
        found = list(problems(where, public_key(file)))
    except (OSError, ValueError) as problem:
        print(f"公钥不可用 no usable public key: {problem}", file=sys.stderr)
        raise typer.Exit(2) from problem
    for line in found:
        print(f"✗ {line}", file=sys.stderr)
    if found:
        raise typer.Exit(1)
    print(f"✓ 报告未被改动 the report is as it was signed: {where.resolve()}")


@cli.command()
def key() -> None:
    """打印公钥 print the public key that evaluators check reports with."""
    file = Path(os.environ["GANYUN_SECRETS"]) / PUBLIC
    if not file.exists():
        print("尚无密钥，首次检查时生成 no key yet; the first audit makes one", file=sys.stderr)
        raise typer.Exit(2)
    print(file.read_text(encoding="utf-8"), end="")


@cli.command()
def changes(folder: Folder = None) -> None:
    """只列变化 print only what became worse or better; exit 1 where something became worse."""
    report = read(folder or latest())
    for change in report.changes:
        print(told(change))
    if any(change.worse for change in report.changes):
        raise typer.Exit(1)


@cli.command("summary")
def summarise(folder: Folder = None) -> None:
    """汇总 print a report in a few lines."""
    print("\n".join(summary(read(folder or latest()))))


@cli.command()
def daily() -> None:
    """执行一次检查并只列变化 make an audit, and print only what changed: what the timer runs."""
    done = subprocess.run(
        ["ansible-playbook", "playbooks/audit.yml"], cwd=HOME, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"检查未能完成 the audit was not made:\n{done.stdout[-2000:]}{done.stderr[-2000:]}", file=sys.stderr)
        raise typer.Exit(2)
    changes()


@cli.command("pages")
def write_pages(folder: Annotated[Path, typer.Argument(help="目录 where they go")] = DOCS) -> None:
    """生成控制项说明 write docs/controls: one page for each item of the catalogue."""
    catalogue = load_catalogue()
    write(pages(catalogue, traces(), load_waivers(catalogue)), folder)


@cli.command()
def schedule(
    at: Annotated[str, typer.Option(help="systemd 的 OnCalendar a time as systemd writes it")] = "*-*-* 02:30:00",
    remove: Annotated[bool, typer.Option("--remove", help="取消 take it back")] = False,
) -> None:
    """每日自动检查 install a user timer of systemd that makes an audit every day."""
    try:
        if remove:
            timer.remove(UNITS)
        else:
            timer.install(HOME, at, UNITS)
    except timer.NoSystemdError as problem:
        print(
            f"本机没有可用的 systemd，请用其他调度器每日执行下列命令 · no systemd here ({problem}); "
            f"let another scheduler run this every day:\n"
            f"  cd {HOME} && bash -c 'source ./activate && python -m tests.compliance daily'",
            file=sys.stderr,
        )
        raise typer.Exit(1) from problem
    print("已取消 removed" if remove else f"已安装 installed: systemctl --user list-timers {timer.NAME}.timer")


if __name__ == "__main__":
    cli()
