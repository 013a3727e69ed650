"""Onboards by data alone: proves the new facts in a copy, tells what they would take, and writes all of them or none.

python -m infra.plan new department <name> --title … --division …
python -m infra.plan new site <name> --title … --host … --division … --owner …
python -m infra.plan new system <name> --title … --owner … --level 2|3 --source …
python -m infra.plan new city <code> --name … --like lab
"""

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from infra.plan import onboard
from infra.plan.assign import assign
from infra.plan.base import Level
from infra.plan.build import build_plan
from infra.plan.commands import FACTS, Folder
from infra.plan.cost import address_cost, quota_cost, quota_lines
from infra.plan.load import load
from infra.plan.problems import FactsError, Problem
from infra.plan.world import World
from infra.policies.enforce import enforce

Name = Annotated[str, typer.Argument(help="小写名称 lower-case name")]
Title = Annotated[str, typer.Option(help="名称 title")]
Division = Annotated[str, typer.Option(help="行政区划代码 division code")]
Owner = Annotated[str, typer.Option(help="责任单位 owner, a name in departments.yaml")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只看结果，不写入 tell, and write nothing")]
new = typer.Typer(help=__doc__, no_args_is_help=True)
CHECK = "python -m infra.plan check"


@dataclass(frozen=True)
class Entry:
    """Files to write, by path, and what the operator has to decide or run next."""

    files: Mapping[str, str]
    left: Sequence[str]
    following: Sequence[str]


@new.command()
def department(name: Name, *, title: Title, division: Division, facts: Folder = FACTS, dry_run: DryRun = False) -> None:
    """新增单位 · Add a department to departments.yaml."""
    world = load(facts)
    _refuse(name, world.departments, "departments.yaml")
    text = (facts / "departments.yaml").read_text(encoding="utf-8")
    entry = Entry(
        {"departments.yaml": text + onboard.department(name, title, division)},
        (),
        (f"python -m infra.plan new system <name> --owner {name} …", CHECK),
    )
    _finish(facts, world, entry, dry_run)


@new.command()
def site(
    name: Name,
    *,
    title: Title,
    host: Annotated[str, typer.Option(help="域名 host name")],
    division: Division,
    owner: Owner,
    facts: Folder = FACTS,
    dry_run: DryRun = False,
) -> None:
    """新增网站 · Add a site to the website cluster."""
    world = load(facts)
    _refuse(name, world.sites, f"sites/{name}.yaml")
    file = f"sites/{name}.yaml"
    left = [f"{file} columns: 栏目与首批信息 columns and first notices"]
    entry = Entry({file: onboard.site(name, title, host, division, owner)}, left, [CHECK, "make publish"])
    _finish(facts, world, entry, dry_run)


@new.command()
def system(
    name: Name,
    *,
    title: Title,
    owner: Owner,
    level: Annotated[int, typer.Option(help="等级保护级别 protection level", min=2, max=3)],
    source: Annotated[str, typer.Option(help="依据文件 the document that asks for it")],
    division: Annotated[str | None, typer.Option(help="行政区划代码，缺省随责任单位 else that of its owner")] = None,
    facts: Folder = FACTS,
    dry_run: DryRun = False,
) -> None:
    """新增系统 · Add a system of an application and its database."""
    world = load(facts)
    file = f"systems/{name}.yaml"
    _refuse(name, world.systems, file)
    if owner not in world.departments:
        text = f"单位不存在 · unknown department {owner}; run: python -m infra.plan new department {owner} …"
        raise FactsError([Problem(file, 1, "owner", text)])
    stem = name.replace("-", "_")
    entry = Entry(
        {
            file: onboard.system(
                world, name, title=title, owner=owner, division=division, level=cast("Level", level), source=source
            )
        },
        (
            f"{file} flows: 谁可以访问应用，目前无人 who may reach {stem}_application; nobody may yet",
            f"{file} recovery: 恢复目标，现为该级别的通常值 the objective; what is usual for its level stands there",
            f"{file} functions: 应用的安装 who installs the application; ganyun does not yet",
        ),
        (f"stacks/<stack>.yaml systems: - $systems:{name}", CHECK, "pulumi preview"),
    )
    _finish(facts, world, entry, dry_run)


@new.command()
def city(
    code: Annotated[str, typer.Argument(help="行政区划代码 division code")],
    *,
    name: Annotated[str, typer.Option(help="小写名称，即 stack 名 lower-case name, that of the stack")],
    like: Annotated[str, typer.Option(help="以哪个 stack 为样板 the stack to make it like")],
    facts: Folder = FACTS,
    dry_run: DryRun = False,
) -> None:
    """新增设区市 · Add a city: departments, systems and stack, like those of a city that is there."""
    world = load(facts)
    _refuse(name, world.stacks, f"{name}.yaml")
    if like not in world.stacks:
        known = ", ".join(world.stacks)
        raise FactsError([Problem(f"{like}.yaml", 1, "-", f"没有该样板 · no stack {like}; there are: {known}")])
    there = next((stack for stack, one in world.stacks.items() if one.division == code), None)
    if code not in world.divisions or world.divisions[code].level != "city" or there:
        text = f"该市已有 stack {there} · it has a stack already" if there else "不是设区市 · no city of divisions.csv"
        raise FactsError([Problem("divisions.csv", 1, code, text)])
    files = onboard.city(
        world, lambda file: (facts / file).read_text(encoding="utf-8"), world.divisions[code], name, like
    )
    left = [
        f"{name}.yaml operators, external_network, images, flavors: 与 {like} 相同，按本市的云改 as {like} has them"
    ]
    if not world.stacks[like].uplink:
        left.insert(0, f"{name}.yaml cloud: clouds.yaml 条目 {name} · that entry of clouds.yaml")
    if "departments.yaml" in files:
        left.append("departments.yaml: 单位名称按本市“三定”核定 titles as the city's own bodies are called")
    entry = Entry(files, left, (f"{CHECK} --stack {name}", f"pulumi stack init {name}", f"pulumi preview -s {name}"))
    _finish(facts, world, entry, dry_run)


def _refuse(name: str, taken: Mapping[str, object], file: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
        text = f"名称须为小写字母、数字和连字符 · a name is lower-case letters, digits and hyphens: {name!r}"
        raise FactsError([Problem("-", 1, "name", text)])
    if name in taken:
        raise FactsError([Problem(file, 1, name, "已存在，不覆盖 · is there already and is not overwritten")])


def _finish(facts: Path, before: World, entry: Entry, dry_run: bool) -> None:
    """Prove in a copy, tell the cost, then write."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, facts.name)
        shutil.copytree(facts, copy, ignore=shutil.ignore_patterns("Pulumi.*", "schema"))
        for file, text in entry.files.items():
            (copy / file).parent.mkdir(exist_ok=True)
            (copy / file).write_text(text, encoding="utf-8")
        added, _ = assign(copy)
        after = load(copy)
        for stack in after.stacks:
            enforce(after, build_plan(after, stack), date.today())
        files = dict(entry.files)
        if added:
            files["addresses.csv"] = (copy / "addresses.csv").read_text(encoding="utf-8")
    _tell(before, after)
    if not dry_run:
        _write_all(facts, files)
    word: Literal["将写入 would write", "已写入 written"] = "将写入 would write" if dry_run else "已写入 written"
    typer.echo(f"{word}: " + ", ".join(f"{facts.name}/{file}" for file in files))
    for title, lines in (("待定 left to decide", entry.left), ("接着 next", entry.following)):
        if lines:
            typer.echo("\n".join([f"{title}:", *(f"  {line}" for line in lines)]))


def _tell(before: World, after: World) -> None:
    stacks = [stack for name, stack in after.stacks.items() if name not in before.stacks]
    built = [system for stack in stacks for system in after.built(stack)]
    added = [system for place, system in after.placed_systems.items() if place not in before.placed_systems]
    systems = [*added, *(system for system in built if system not in added)]
    addresses = list(address_cost(before, after)) or ["  无 none"]
    quota = list(quota_lines(quota_cost(after, systems, stacks))) or ["  无 none"]
    typer.echo("\n".join(["地址 addresses:", *addresses, "配额 quota:", *quota]))


def _write_all(facts: Path, files: Mapping[str, str]) -> None:
    """All files or none: each is complete beside its place before the first takes it."""
    old = {file: (facts / file).read_bytes() if (facts / file).exists() else None for file in files}
    ready: list[Path] = []
    try:
        for file, text in files.items():
            (facts / file).parent.mkdir(exist_ok=True)
            ready.append(facts / f"{file}.new")
            ready[-1].write_text(text, encoding="utf-8")
        for path in ready:
            path.replace(path.with_suffix(""))
    except BaseException:
        for file, content in old.items():
            if content is None:
                (facts / file).unlink(missing_ok=True)
            else:
                (facts / file).write_bytes(content)
        raise
    finally:
        for path in ready:
            path.unlink(missing_ok=True)
