"""The waiver register: who answers for an item that is knowingly not met, why, with what instead, and until when."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from infra.plan.waivers import Register, Waiver
from tests.compliance.catalogue import CONTROLS, Catalogue, read_yaml
from tests.compliance.scope import PLATFORM

WAIVERS = CONTROLS / "waivers.yaml"
EVERYWHERE = frozenset({"all", PLATFORM})


@cache
def planned() -> frozenset[str]:
    """Every host and function of any stack: one register serves all of them, and each audit sees one stack's."""
    systems = (read_yaml(path) for path in (CONTROLS.parent / "systems").glob("*.yaml"))
    functions = [pair for system in systems for pair in system["functions"].items()]
    return frozenset(name for key, one in functions for name in (key, *one.get("also", ()), *one["hosts"]))


def load_waivers(catalogue: Catalogue, path: Path = WAIVERS, names: frozenset[str] | None = None) -> tuple[Waiver, ...]:
    """Read the register; an entry that covers nothing, since its item, host or group does not exist, is refused.

    Without names only items are looked up: data alone cannot know every host.
    """
    try:
        register = Register.model_validate(read_yaml(path) or {})
    except ValidationError as problem:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors())
        raise ValueError(f"{path.name}: 豁免登记有误 · not a valid register: {told}") from problem
    for waiver in register.waivers:
        if waiver.item not in catalogue.by_id:
            raise ValueError(f"{path.name}: 豁免的控制项不存在 · waiver names unknown item {waiver.item}")
        strange = set(waiver.hosts) - names - EVERYWHERE if names is not None else set()
        if strange and (unknown := strange - planned()):
            raise ValueError(
                f"{path.name}: 豁免 {waiver.item} 的主机或组不存在 · waiver names unknown host or group: "
                f"{', '.join(sorted(unknown))}"
            )
    return register.waivers
