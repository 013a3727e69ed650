"""The waiver register: who answers for an item that is knowingly not met, why, with what instead, and until when."""

from __future__ import annotations

from pathlib import Path

from infra.plan.waivers import Register, Waiver
from tests.compliance.catalogue import CONTROLS, Catalogue, read_yaml

WAIVERS = CONTROLS / "waivers.yaml"


def load_waivers(catalogue: Catalogue, path: Path = WAIVERS) -> tuple[Waiver, ...]:
    """Read the register and refuse entries for items that do not exist."""
    register = Register.model_validate(read_yaml(path) or {})
    for waiver in register.waivers:
        if waiver.item not in catalogue.by_id:
            raise ValueError(f"{path}: waiver names unknown item {waiver.item}")
    return register.waivers
