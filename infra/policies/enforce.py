"""Holds a plan against every policy, but for what the register exempts until a day that has not passed."""

from collections.abc import Iterable, Iterator
from datetime import date
from fnmatch import fnmatchcase

from infra.plan.exemptions import Exemption
from infra.plan.plan import Plan
from infra.plan.problems import FactsError, Problem
from infra.plan.world import World
from infra.policies.rules import POLICIES, Policy


def enforce(world: World, plan: Plan, today: date) -> tuple[Exemption, ...]:
    """Raise with everything that breaks a policy; returns the exemptions that were needed, none of them expired."""
    problems = list(_register_problems(world))
    used: list[Exemption] = []
    for rule in POLICIES:
        for where, text in rule.breaks(plan):
            told = f"[GB/T 22239 {rule.control} {rule.title} ({rule.name})] {text}"
            exemption = exempt(world, rule, plan.name, where)
            if exemption is None:
                problems.append(Problem(f"stack {plan.name}", 0, where, told))
                continue
            used.append(exemption)
            if exemption.expires < today:
                place = ("exemptions", world.exemptions.index(exemption), "expires")
                expired = f"{told}；豁免已于 {exemption.expires} 到期 · its exemption expired on {exemption.expires}"
                problems.append(world.sources["exemptions.yaml"].problem(place, expired))
    if problems:
        raise FactsError(problems)
    return tuple(used)


def exempt(world: World, rule: Policy, stack: str, where: str) -> Exemption | None:
    """The register's entry for this place, expired or not."""
    for one in world.exemptions:
        if one.policy == rule.name and fnmatchcase(where, one.resource) and one.stack in (None, stack):
            return one
    return None


def refuse_unneeded(world: World, used: Iterable[Exemption]) -> None:
    """Raise for entries that no stack needs: the register says what is, not what once was.

    What the policy pack exempts (`Router.edge`, by a resource's type) only its previews can tell.
    """
    needed = set(used)
    problems = [
        world.sources["exemptions.yaml"].problem(
            ("exemptions", index, "resource"),
            f"{one.resource} 未违反 {one.policy}，请删除此项 · nothing to exempt: remove this entry",
        )
        for index, one in enumerate(world.exemptions)
        if one not in needed and one.resource[0].islower()
    ]
    if problems:
        raise FactsError(problems)


def _register_problems(world: World) -> Iterator[Problem]:
    known = {rule.name for rule in POLICIES}
    for index, one in enumerate(world.exemptions):
        source = world.sources["exemptions.yaml"]
        if one.policy not in known:
            text = f"没有策略 {one.policy} · no such policy; there are: {', '.join(sorted(known))}"
            yield source.problem(("exemptions", index, "policy"), text)
        if one.stack is not None and one.stack not in world.stacks:
            text = f"没有 stack {one.stack} · no such stack; there are: {', '.join(world.stacks)}"
            yield source.problem(("exemptions", index, "stack"), text)
