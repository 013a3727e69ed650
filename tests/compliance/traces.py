"""Where each item of the catalogue is met with: tasks that apply it, checks that judge it, policies, and breaks.

Read from the sources themselves, so that what is told of an item can't differ from what is there.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.policies.rules import POLICIES
from tests.compliance.catalogue import Frozen, read_yaml

ROOT = Path(__file__).resolve().parents[2]
ITEM = re.compile(r"[78](?:\.\d+){3}(?:-[a-z])?")
# Breaks name an item alone, or with its point: `8.1.4.1-a:`, `8.1.4.1-a/quality:`, `8.1.4.1-a:quality`.
BROKEN = re.compile(rf"(?<![\d.]){ITEM.pattern}(?=[:/])")
Places = dict[str, tuple[str, ...]]


class Traces(Frozen):
    """For each item, by its number, where it is named."""

    tasks: Places
    checks: Places
    policies: Places
    breaks: Places

    @property
    def named(self) -> dict[str, set[str]]:
        """All items that are named anywhere, by the kind of place."""
        return {kind: set(places) for kind, places in self}


@dataclass(frozen=True)
class Place:
    """One naming of an item."""

    item: str
    where: str


def traces(root: Path = ROOT) -> Traces:
    """Look through roles, checks, policies and breaks."""
    policies = (Place(policy.control, f"{policy.name}: {policy.title}") for policy in POLICIES)
    return Traces(
        tasks=_gather(_tasks(root)),
        checks=_gather(_checks(root)),
        policies=_gather(policies),
        breaks=_gather(_breaks(root)),
    )


def _gather(places: Iterator[Place]) -> Places:
    found: dict[str, list[str]] = defaultdict(list)
    for place in places:
        found[place.item].append(place.where)
    return {item: tuple(dict.fromkeys(where)) for item, where in sorted(found.items())}


def _tasks(root: Path) -> Iterator[Place]:
    """Tasks whose name begins with items, as `8.1.4.1-a, 8.1.4.1-b | Set …`."""
    for path in sorted((root / "roles").glob("*/tasks/*.yml")):
        for task in _flat(read_yaml(path) or []):
            items, bar, title = str(task.get("name", "")).partition(" | ")
            if bar:
                yield from (Place(item, f"{path.relative_to(root)}: {title}") for item in ITEM.findall(items))


def _flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield task
        for block in ("block", "rescue", "always"):
            yield from _flat(task.get(block, []))


def _checks(root: Path) -> Iterator[Place]:
    for path in sorted((root / "tests" / "compliance").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.control":
                        item = ast.literal_eval(mark.args[0])
                        yield Place(item, f"{path.relative_to(root)}: {node.name}")


def _breaks(root: Path) -> Iterator[Place]:
    for path in sorted((root / "tests").glob("*/**/*breaks*")):
        if path.suffix in (".yaml", ".py"):
            where = str(path.relative_to(root))
            yield from (Place(item, where) for item in BROKEN.findall(path.read_text(encoding="utf-8")))
