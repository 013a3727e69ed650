"""Refuses to delete or replace much, or anything that holds data, unless the operator says so in this very run.

What the state has and the program does not declare, Pulumi deletes at the end of `pulumi up`, and what can't be
changed in place it deletes and makes anew: a mistyped fact would take a city's servers along. Only Pulumi's preview
knows all of it, so the program asks for one before it declares anything.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pulumi

from infra.components.host import HOLDS_DATA
from infra.plan.plan import Plan
from infra.plan.problems import FactsError, Problem

WORD = "GANYUN_DESTROY"
COMPONENTS = ("ganyun:", "pulumi:")
GOING = ("delete", "replace")


class Declared:
    """Every resource that the program declares from now on, by type and name."""

    def __init__(self) -> None:
        self.resources: dict[tuple[str, str], pulumi.Resource] = {}
        pulumi.runtime.register_stack_transformation(self._note)

    def _note(self, args: pulumi.ResourceTransformationArgs) -> None:
        self.resources[args.type_, args.name] = args.resource


def doomed(resources: Iterable[Mapping[str, Any]], declared: Collection[tuple[str, str]]) -> list[Mapping[str, Any]]:
    """What Pulumi would delete: in the state, not declared, and more than a mere grouping."""
    return [
        one for one in resources if not one["type"].startswith(COMPONENTS) and (one["type"], _name(one)) not in declared
    ]


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"].split("::", 3)[-1])


def refuse_destruction(plan: Plan, steps: Iterable[Mapping[str, Any]], environment: Mapping[str, str]) -> None:
    """Raise unless so much may go: `GANYUN_DESTROY` names the stack, the number, and each host that holds data.

    `steps` are those of `pulumi preview --json`.
    """
    going = [one for one in steps if one["op"] in GOING and not one["oldState"]["type"].startswith(COMPONENTS)]
    data = sorted(_name(one) for one in going if _holds_data(one["oldState"]))
    if len(going) <= plan.stack.most_deletions and not data:
        return
    word = " ".join([plan.name, str(len(going)), *data])
    if environment.get(WORD) == word:
        return
    named = ", ".join(_told(one) for one in going[:10]) + (" …" if len(going) > 10 else "")
    held = f"，其中存有数据 of these hold data: {', '.join(data)}" if data else ""
    text = (
        f"将删除或替换 {len(going)} 个资源{held}；上限 {plan.stack.most_deletions} · would delete or replace {named}. "
        f"确属本意则 · if that is meant: {WORD}='{word}' pulumi up"
    )
    raise FactsError([Problem(f"stack {plan.name}", 0, "most_deletions", text)])


def _holds_data(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("outputs", {}).get("metadata", {}).get(HOLDS_DATA) == "true")


def _told(step: Mapping[str, Any]) -> str:
    """Which resource, and what forces its replacement; what has no reason of its own goes with what it depends on."""
    if step["op"] == "delete":
        return f"{_name(step)} (删除 deleted)"
    reasons = ", ".join(step.get("replaceReasons") or ["随其依赖 with what it depends on"])
    return f"{_name(step)} (替换 replaced: {reasons})"
