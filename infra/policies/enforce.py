"""Holds a plan against every policy, but for what the register exempts until a day that has not passed."""

from collections.abc import Iterator
from datetime import date

from infra.plan.exemptions import Exemption
from infra.plan.plan import Plan
from infra.plan.problems import FactsError, Problem
from infra.plan.world import World
from infra.policies.rules import POLICIES


def enforce(world: World, plan: Plan, today: date) -> tuple[Exemption, ...]:
    """Raise with everything that breaks a policy; returns the exemptions that were needed.

    An exemption that expired exempts nothing, and one that hits nothing is a problem too: the register stays true.
    """
    problems = list(_register_problems(world))
    unused = {index: one for index, one in enumerate(world.exemptions) if one.stack == plan.name}
    used: list[Exemption] = []
    for rule in POLICIES:
        for where, text in rule.breaks(plan):
            hit = next((i for i, one in unused.items() if (one.policy, one.resource) == (rule.name, where)), None)
            exemption = unused.pop(hit) if hit is not None else None
            if exemption and exemption.expires >= today:
                used.append(exemption)
                continue
            told = f"[GB/T 22239 {rule.control} {rule.title} ({rule.name})] {text}"
            if exemption and hit is not None:
                expired = f"{told}；豁免已于 {exemption.expires} 到期 · its exemption expired on {exemption.expires}"
                problems.append(world.sources["exemptions.yaml"].problem(("exemptions", hit, "expires"), expired))
            else:
                problems.append(Problem(f"stack {plan.name}", 0, where, told))
    known = {rule.name for rule in POLICIES}
    for index, one in unused.items():
        if one.policy in known:
            text = f"{one.resource} 未违反 {one.policy}，请删除此项 · nothing to exempt: remove this entry"
            problems.append(world.sources["exemptions.yaml"].problem(("exemptions", index, "resource"), text))
    if problems:
        raise FactsError(problems)
    return tuple(used)


def _register_problems(world: World) -> Iterator[Problem]:
    known = {rule.name for rule in POLICIES}
    for index, one in enumerate(world.exemptions):
        source = world.sources["exemptions.yaml"]
        if one.policy not in known:
            text = f"没有策略 {one.policy} · no such policy; there are: {', '.join(sorted(known))}"
            yield source.problem(("exemptions", index, "policy"), text)
        if one.stack not in world.stacks:
            text = f"没有 stack {one.stack} · no such stack; there are: {', '.join(world.stacks)}"
            yield source.problem(("exemptions", index, "stack"), text)
