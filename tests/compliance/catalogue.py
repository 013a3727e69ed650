"""The control catalogue as typed data, so that tags, checks, waivers and reports can only name items that exist."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

CONTROLS = Path(__file__).resolve().parents[2] / "stacks" / "controls"
CATALOGUE = CONTROLS / "gbt22239-2019.yaml"
ITEM = r"^[78](\.\d+){3}(-[a-z])?$"

Level = Literal[2, 3]


class Frozen(BaseModel):
    """Facts never change once read, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Automation(StrEnum):
    """How far code alone can judge an item."""

    FULL = "full"
    PART = "part"
    NONE = "none"


class Control(Frozen):
    """One item of the standard."""

    id: str = Field(pattern=ITEM)
    domain: str
    point: str
    levels: tuple[Level, ...]
    scope: Literal["host", "platform", "application", "management"]
    level2_id: str | None = None
    level2_id_unsure: bool = False
    level2_variant: str | None = None
    test_unit: str | None = None
    requirement: str
    automation: Automation
    role: str | None = None
    limits: dict[str, dict[Annotated[Level, BeforeValidator(int)], int]] = Field(default_factory=dict)
    mend: str = ""
    settings: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    note: str = ""
    unsure: bool = False
    # Why no automatic check is possible.
    reason: str = ""
    # The case of the guide to high risks that a failure of this item may be.
    risk_case: str = ""

    @property
    def title(self) -> str:
        """The control point with the item's letter, short enough for a table head."""
        letter = self.id.partition("-")[2]
        return f"{self.point} {letter})" if letter else self.point

    @property
    def high_risk(self) -> bool:
        """Whether the guide to high risks has a case for this item."""
        return bool(self.risk_case)

    def number(self, level: Level) -> str:
        """The clause number that an evaluator of this level looks for."""
        return self.level2_id if level == 2 and self.level2_id else self.id

    def limit(self, name: str, level: Level) -> int:
        """The bound that a host of this level is judged by."""
        return self.limits[name][level]


class Catalogue(Frozen):
    """All items, each once."""

    standard: str
    evaluation: str
    note: str
    controls: tuple[Control, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [control.id for control in self.controls]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"catalogue names items twice: {', '.join(twice)}")
        for control in self.controls:
            if control.level2_variant and control.level2_variant not in ids:
                raise ValueError(f"{control.id}: level2_variant {control.level2_variant} is not in the catalogue")
            for name, by_level in control.limits.items():
                if missing := set(control.levels) - set(by_level):
                    raise ValueError(f"{control.id}: limit {name} lacks level {min(missing)}")
        return self

    @cached_property
    def by_id(self) -> dict[str, Control]:
        """Items by clause number of level 3 (or 2 where only level 2 has them)."""
        return {control.id: control for control in self.controls}

    def hosts_items(self, points: tuple[str, ...]) -> tuple[Control, ...]:
        """Items of these control points that code can judge on a host."""
        return tuple(
            control
            for control in self.controls
            if control.scope == "host"
            and control.automation is Automation.FULL
            and control.id.partition("-")[0] in points
        )


def read_yaml(path: Path) -> Any:
    """Parse a file of facts, naming it when it does not parse."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as problem:
        raise ValueError(f"{path}: {problem}") from problem


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read and check the catalogue."""
    return Catalogue.model_validate(read_yaml(path))
