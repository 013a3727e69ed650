"""What was promised: the objective from the data, beside what GB/T 20988 is said to ask of its level."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Facts and measurements don't change after they were taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Objective(Model):
    """A system's recovery objective, as the inventory brings it."""

    rpo_seconds: float = Field(ge=0)
    rto_seconds: float = Field(gt=0)
    standard: str
    level: int = Field(ge=1, le=6)


class Range(Model):
    """What a level is said to mean; words, since no figure could be verified."""

    rto: str
    rpo: str


class Edition(Model):
    """One edition of the standard."""

    status: str
    source: str
    levels: dict[int, Range]


class Element(Model):
    """One of the seven elements that every level judges."""

    title: str
    english: str


class Standard(Model):
    """Everything known of GB/T 20988 here."""

    elements: dict[str, Element]
    editions: dict[str, Edition]


@cache
def standard() -> Standard:
    """Read the standard's data, which lies beside this module."""
    path = Path(__file__).with_name("gbt20988.yaml")
    return Standard.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
