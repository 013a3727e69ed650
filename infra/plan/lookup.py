"""Look-ups that every kind of fact shares: divisions and owners."""

from collections.abc import Iterator

from infra.plan.base import target
from infra.plan.problems import Problem
from infra.plan.source import Source, Where
from infra.plan.world import World


def check_division(world: World, source: Source, where: Where, code: str) -> Iterator[Problem]:
    """The code must be in the table of divisions."""
    if code not in world.divisions and code not in world.divisions.faulty and world.divisions.by_code:
        text = f"行政区划代码不存在：{code} · unknown division code {code}; it must be in divisions.csv"
        yield source.problem(where, text)


def check_owner(world: World, source: Source, where: Where, reference: str) -> Iterator[Problem]:
    """The owner must be in departments.yaml."""
    name = target(reference)
    if name not in world.departments and not world.unread.intersection({"departments", f"departments/{name}"}):
        text = f"单位不存在：{reference} · unknown department; add it to departments.yaml"
        yield source.problem(where, text)
