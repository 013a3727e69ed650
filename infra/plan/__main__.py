"""The planner's commands: check the facts, allocate addresses, write the schemas and outputs. No cloud is asked.

python -m infra.plan check [--stack lab]
python -m infra.plan allocate
python -m infra.plan new city|site|department|system <name> ... [--dry-run]
python -m infra.plan schema
python -m infra.plan systems [docs/systems.md]
python -m infra.plan picture --stack lab docs/topology.svg
python -m infra.plan export reports/addresses [--domain example.cn] [--serial 2026112201]
"""

import re
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from infra.plan.addresses import unused
from infra.plan.assign import assign
from infra.plan.build import build_plan
from infra.plan.catalogue import catalogue
from infra.plan.commands import FACTS, Folder, run
from infra.plan.load import load
from infra.plan.new import new
from infra.plan.picture import draw
from infra.plan.proof import proof
from infra.plan.schema import write_schemas
from infra.plan.uplinks import below
from infra.policies.enforce import enforce, refuse_unneeded

DOMAIN = "extranet.internal"  # .internal is reserved for private use (ICANN, 2024)
DOMAIN_NAME = re.compile(r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(new, name="new")


@app.command()
def check(
    stack: Annotated[str | None, typer.Option(help="只查一个 stack · only this stack")] = None, facts: Folder = FACTS
) -> None:
    """校验全部数据并证明地址规划 · Validate all facts and prove the address plan."""
    begin = time.perf_counter()
    world = load(facts, date.today())
    if stack is not None and stack not in world.stacks:
        sys.exit(f"没有 stack {stack} · no stack {stack}; there are: {', '.join(world.stacks)}")
    plans = [build_plan(world, name) for name in world.stacks if stack in (None, name)]
    exempt = [exemption for plan in plans for exemption in enforce(world, plan, date.today())]
    if stack is None:
        refuse_unneeded(world, exempt)
    typer.echo(proof(world, plans))
    for exemption in dict.fromkeys(exempt):
        until = f"{exemption.owner}，至 until {exemption.expires}"
        typer.echo(f"  豁免 exempt: {exemption.policy}，{exemption.resource}，{until}")
    for key in unused(world.needs(), world.ledger):
        blocks = ", ".join(str(entry.network) for entry in world.ledger.entries if entry.key == key)
        typer.echo(f"  保留 held: {key} ({blocks})，已无使用者 no longer used")
    typer.echo(f"通过，用时 {time.perf_counter() - begin:.2f} 秒 · passed")


@app.command(name="allocate")
def allocate_command(facts: Folder = FACTS) -> None:
    """为新增项分配地址，已有的不动 · Allocate what has no address yet; what has one keeps it."""
    added, total = assign(facts)
    for entry in added if len(added) <= 20 else ():
        typer.echo(f"  {entry.key}  {entry.network}")
    typer.echo(f"新分配 {len(added)} 项，共 {total} 项 · {len(added)} allocated, {total} in all")


@app.command()
def schema(facts: Folder = FACTS) -> None:
    """由模型生成 JSON Schema · Write the JSON Schemas that editors use."""
    changed = write_schemas(facts / "schema")
    typer.echo(f"已更新 {len(changed)} 个 · {len(changed)} written: {', '.join(changed) or '-'}")


@app.command()
def systems(
    file: Annotated[Path | None, typer.Argument(help="写到哪里，缺省为屏幕 the file to write, else the screen")] = None,
    facts: Folder = FACTS,
) -> None:
    """系统目录 · List every system: owner, level, objective, hosts, and what ganyun doesn't install yet."""
    text = catalogue(load(facts))
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


@app.command()
def stacks(
    top: Annotated[str, typer.Argument(help="最上级 stack · the stack at the top")], facts: Folder = FACTS
) -> None:
    """按建设次序列出 · List a stack and all below it, each after the one that it needs."""
    world = load(facts)
    if top not in world.stacks:
        sys.exit(f"没有该 stack · no such stack: {top}; there are: {', '.join(world.stacks)}")
    waiting = [top]
    for name in waiting:
        typer.echo(name)
        waiting += below(world.stacks, name)


@app.command()
def picture(
    file: Annotated[Path, typer.Argument(help="写到哪里 the SVG file to write")],
    stack: Annotated[str, typer.Option(help="画哪个 stack · which stack")],
    facts: Folder = FACTS,
) -> None:
    """画出拓扑 · Draw a stack's routers, segments, hosts and permitted flows."""
    file.write_text(draw(build_plan(load(facts), stack)), encoding="utf-8")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="写到哪个目录 the folder to write", file_okay=False)],
    domain: Annotated[str, typer.Option(help="反向解析指向的域 the domain that reverse DNS points to")] = DOMAIN,
    serial: Annotated[
        int | None, typer.Option(help="区文件序号 serial of all zones; else from content", min=1, max=2**32 - 1)
    ] = None,
    facts: Folder = FACTS,
) -> None:
    """写出地址规划：网页、表格、JSON、NetBox、反向解析、拓扑图 · Write the address plan for people and programs."""
    if not DOMAIN_NAME.match(domain):
        sys.exit(f"不是域名：{domain} · not a domain name; write it in lower case, without a final dot")
    from infra.plan.export.write import outputs, write_outputs  # noqa: PLC0415 - a workbook library that checks need not

    files = outputs(load(facts), domain, serial)
    write_outputs(folder, files)
    typer.echo(f"已写出 {len(files)} 个文件 · {len(files)} files written to {folder}")


def main() -> None:
    """Run a command."""
    run(app)


if __name__ == "__main__":
    main()
