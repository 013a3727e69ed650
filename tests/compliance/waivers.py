"""The waiver register: who answers for an item that is knowingly not met, why, with what instead, and until when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field

from tests.compliance.catalogue import CONTROLS, ITEM, Catalogue, Frozen, read_yaml

WAIVERS = CONTROLS / "waivers.yaml"


class Waiver(Frozen):
    """One point of one item that some hosts need not meet for now."""

    item: str = Field(pattern=ITEM)
    point: str = Field(min_length=1)
    hosts: tuple[str, ...] = Field(min_length=1)
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    compensation: str = Field(min_length=1)
    expires: date

    def covers(self, item: str, point: str, names: frozenset[str]) -> bool:
        """Whether this entry speaks of that point on a host with that name or those groups."""
        return self.item == item and self.point == point and bool(names & set(self.hosts))

    def expired(self, today: date) -> bool:
        """An entry holds to the end of its last day."""
        return today > self.expires


class Register(Frozen):
    """All waivers."""

    waivers: tuple[Waiver, ...] = ()


def load_waivers(catalogue: Catalogue, path: Path = WAIVERS) -> tuple[Waiver, ...]:
    """Read the register and refuse entries for items that do not exist."""
    register = Register.model_validate(read_yaml(path) or {})
    for waiver in register.waivers:
        if waiver.item not in catalogue.by_id:
            raise ValueError(f"{path}: waiver names unknown item {waiver.item}")
    return register.waivers
