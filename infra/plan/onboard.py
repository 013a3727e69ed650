"""Writes the facts of a new department, site, system or city as text; decides nothing that an operator must decide.

A city is made like the one that an existing stack builds: the same systems and routers, under names of its own.
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml import YAML

from infra.plan.base import Level, target
from infra.plan.divisions import Division
from infra.plan.world import World

PLAIN = re.compile(r"([^\W\d]|《)[\w《》“”〔〕（）、，。．；：./-]*")
OBJECTIVES: Mapping[Level, str] = {
    2: "{rpo: 24h, rto: 24h, standard: GB/T 20988-2025, level: 2}",
    3: "{rpo: 1h, rto: 4h, standard: GB/T 20988-2025, level: 4}",
}
LABORATORY = ("protect_data", "replicas")  # a copy protects its data and has all its hosts unless someone decides so


def department(name: str, title: str, division: str) -> str:
    """One line of departments.yaml."""
    return f"{name}: {{title: {_scalar(title)}, division: {division}}}\n"


def site(name: str, title: str, host: str, division: str, owner: str) -> str:
    """A site with its first, empty column."""
    return f"""# yaml-language-server: $schema=../schema/site.json
name: {name}
title: {_scalar(title)}
host: {_scalar(host)}
division: {division}
owner: $departments:{owner}
columns:
  - name: news
    title: 工作动态
    notices: []
"""


def system(world: World, name: str, *, title: str, owner: str, division: str | None, level: Level, source: str) -> str:
    """An application with its database, each heard by nobody but whom a flow names.

    Without a division it stands where its owner does: one in every division of a tier, when that is one in each.
    """
    code = division or world.departments[owner].division
    tier = world.divisions[code].level if code and code in world.divisions else world.departments[owner].tier
    place = f"division: {code}\n" if code else ""
    stem = name.replace("-", "_")
    sizes = sorted(world.flavors, key=lambda key: (world.flavors[key].cores, world.flavors[key].ram_mb))
    vaults = [f"{one.name}/{f}" for one in world.systems.values() for f in one.functions if f == "backup_vault"]
    backup = (
        f"""  - from: $systems:{name}/{stem}_database
    to: $systems:{vaults[0]}
    protocol: tcp
    ports: [8443]
    why: 数据库备份 backups of the database
"""
        if vaults
        else ""
    )
    return f"""# yaml-language-server: $schema=../schema/system.json
name: {name}
title: {_scalar(title)}
owner: $departments:{owner}
{place}tier: {tier}
protection_level: {level}
recovery: {OBJECTIVES[level]}
source: {_scalar(source)}
segments:
  dedicated: {{prefix: 28}}
functions:
  {stem}_application:
    zone: dedicated
    flavor: {sizes[0]}
    image: base
    hosts: [{name}-app-1]
  {stem}_database:
    zone: dedicated
    flavor: {sizes[-1]}
    image: base
    hosts: [{name}-db-1]
    holds_data: true
flows:
  - from: $systems:{name}/{stem}_application
    to: $systems:{name}/{stem}_database
    protocol: tcp
    ports: [5432]
    why: 业务数据 the application and its database
{backup}"""


def city(world: World, texts: Callable[[str], str], division: Division, name: str, like: str) -> dict[str, str]:
    """Every file of a city made like the one of the stack `like`: departments, systems and settings, by path."""
    stack = world.stacks[like]
    old = world.divisions[stack.division]
    systems = [world.systems[target(reference)] for reference in stack.systems]
    own = [one for one in systems if one.division == old.code]
    owners = dict.fromkeys(target(o) for o in (*(s.owner for s in own), *(r.owner for r in stack.routers.values())))
    moved = [owner for owner in owners if world.departments[owner].division == old.code]
    renamed = {
        old.code: division.code,
        f"$divisions:{old.code}": f"$divisions:{division.code}",
        **{f"$departments:{one}": f"$departments:{_short(one, old.level, name)}" for one in moved},
        **{f"$systems:{one.name}": f"$systems:{name}-{one.name}" for one in own},
    }
    lines = [
        department(_short(one, old.level, name), _title(world.departments[one].title, old, division), division.code)
        for one in moved
    ]
    files = {"departments.yaml": texts("departments.yaml") + "".join(lines)} if lines else {}
    for one in own:
        tree = _tree(texts(f"systems/{one.name}.yaml"))
        tree["name"] = f"{name}-{one.name}"
        for function in tree["functions"].values():
            function["hosts"][:] = [f"{name}-{host}" for host in function["hosts"]]
            if "virtual_address" in function:
                function["virtual_address"] = f"{name}-{function['virtual_address']}"
        files[f"systems/{name}-{one.name}.yaml"] = _text("../schema/system.json", _renamed(tree, renamed))
    tree = _tree(texts(f"{like}.yaml"))
    tree["title"] = stack.title.replace(old.name, division.name) if old.name in stack.title else division.name
    if not stack.uplink:
        tree["cloud"] = name
    for key in LABORATORY:
        tree.pop(key, None)
    files[f"{name}.yaml"] = _text("schema/stack.json", _renamed(tree, renamed))
    return files


def _scalar(text: str) -> str:
    """As YAML reads it back, quoted where it must be."""
    plain = PLAIN.fullmatch(text) and text.lower() not in ("true", "false", "null")
    return text if plain else json.dumps(text, ensure_ascii=False)


def _short(owner: str, level: str, name: str) -> str:
    return f"{name}-{owner.removeprefix(f'{level}-')}"


def _title(title: str, old: Division, new: Division) -> str:
    return title.replace(old.name, new.name) if old.name in title else new.name + title


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """The same tree with every reference to the old city turned to the new one."""
    if isinstance(node, dict):
        for key in list(node):
            node[key] = _renamed(node[key], names)
    elif isinstance(node, list):
        node[:] = [_renamed(item, names) for item in node]
    elif isinstance(node, int | str) and not isinstance(node, bool):
        whole, slash, rest = str(node).partition("/")
        if str(node) in names:
            found = names[str(node)]
            return int(found) if isinstance(node, int) else found
        if whole in names:
            return f"{names[whole]}{slash}{rest}"
    return node


def _yaml() -> YAML:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 160
    return yaml


def _tree(text: str) -> Any:
    """The file with its own layout, without the comments that tell of the city it was written for."""
    return _yaml().load("\n".join(line.partition("  # ")[0] for line in text.splitlines() if line[:1] != "#"))


def _text(schema: str, tree: Any) -> str:
    out = io.StringIO()
    _yaml().dump(tree, out)
    return f"# yaml-language-server: $schema={schema}\n{out.getvalue()}"
