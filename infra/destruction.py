"""Refuses to destroy much, or anything that holds data, unless the operator says so in this very run.

What the state has and the program does not declare, Pulumi deletes at the end of `pulumi up`: a mistyped fact would
take a city's servers along. The program ends with an error before that, in the preview already.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from infra.components.host import HOLDS_DATA
from infra.plan.plan import Plan
from infra.plan.problems import FactsError, Problem

WORD = "GANYUN_DESTROY"
COMPONENTS = ("ganyun:", "pulumi:")


class Declared:
    """Every resource that the program declares from now on, by type and name."""

    def __init__(self) -> None:
        self.resources: set[tuple[str, str]] = set()
        pulumi.runtime.register_stack_transformation(self._note)

    def _note(self, args: pulumi.ResourceTransformationArgs) -> None:
        self.resources.add((args.type_, args.name))


def doomed(resources: Iterable[Mapping[str, Any]], declared: set[tuple[str, str]]) -> list[Mapping[str, Any]]:
    """What Pulumi would delete: in the state, not declared, and more than a mere grouping."""
    return [
        one for one in resources if not one["type"].startswith(COMPONENTS) and (one["type"], _name(one)) not in declared
    ]


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"].split("::", 3)[-1])


def refuse_destruction(
    plan: Plan, resources: Iterable[Mapping[str, Any]], declared: set[tuple[str, str]], environment: Mapping[str, str]
) -> None:
    """Raise unless so much may go: `GANYUN_DESTROY` names the stack, the number, and each host that holds data."""
    going = doomed(resources, declared)
    data = sorted(_name(one) for one in going if one.get("outputs", {}).get("metadata", {}).get(HOLDS_DATA) == "true")
    if len(going) <= plan.stack.most_deletions and not data:
        return
    word = " ".join([plan.name, str(len(going)), *data])
    if environment.get(WORD) == word:
        return
    named = ", ".join(_name(one) for one in going[:10]) + (" …" if len(going) > 10 else "")
    held = f"，其中存有数据 of these hold data: {', '.join(data)}" if data else ""
    text = (
        f"将删除 {len(going)} 个资源{held}；上限 {plan.stack.most_deletions} · would delete {named}. "
        f"确属本意则 · if that is meant: {WORD}='{word}' pulumi up"
    )
    raise FactsError([Problem(f"stack {plan.name}", 0, "most_deletions", text)])
