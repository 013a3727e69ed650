"""Look-ups that every kind of fact shares: divisions and owners."""

from collections.abc import Callable, Iterable, Iterator

from infra.plan.base import target
from infra.plan.divisions import Division
from infra.plan.problems import Problem
from infra.plan.source import Source, Where
from infra.plan.systems import Department, DepartmentEntry, System, SystemEntry
from infra.plan.world import World


def check_division(world: World, source: Source, where: Where, code: str | None) -> Iterator[Problem]:
    """The code, where there is one, must be in the table of divisions."""
    if code and code not in world.divisions and code not in world.divisions.faulty and world.divisions.by_code:
        text = f"行政区划代码不存在：{code} · unknown division code {code}; it must be in divisions.csv"
        yield source.problem(where, text)


def check_owner(
    world: World, source: Source, where: Where, reference: str, divisions: Iterable[str]
) -> Iterator[Problem]:
    """The owner must be in departments.yaml, and be one of each of these divisions or of one above it."""
    name = target(reference)
    if name not in world.departments:
        if not world.unread.intersection({"departments", f"departments/{name}"}):
            text = f"单位不存在：{reference} · unknown department; add it to departments.yaml"
            yield source.problem(where, text)
        return
    if lacking := lacks(world, reference, divisions):
        text = f"{lacking.name}及其上级没有单位 {name} · neither {lacking.code} nor one above it has department {name}"
        yield source.problem(where, text)


def lacks(world: World, reference: str, divisions: Iterable[str]) -> Division | None:
    """The first division that has no such entry, nor has one above it; none while their table is itself at fault."""
    entry: DepartmentEntry | SystemEntry
    find: Callable[[str, str], System | Department | None]
    if reference.startswith("$departments:"):
        entry, find = world.departments[target(reference)], world.department
    else:
        entry, find = world.systems[target(reference).partition("/")[0]], world.system
    if entry.division and entry.division not in world.divisions:
        return None
    for code in divisions:
        lineage = world.divisions.lineage(code)
        if lineage and not lineage[-1].parent and not find(reference, code):
            return lineage[0]
    return None
