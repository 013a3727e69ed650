"""A copy of the real facts that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.plan.base import Block
from infra.plan.load import load
from infra.plan.problems import FactsError, Problem

ROOT = Path(__file__).resolve().parents[3]
Spoil = Callable[[str, str, str], None]
Problems = Callable[[], list[Problem]]


def within(block: Block, other: Block) -> bool:
    """Whether a block is a part of another, of the same family."""
    return block.network_address in other and block.prefixlen >= other.prefixlen


def copied(folder: Path) -> Path:
    """A copy of the real facts in a folder."""
    return shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("Pulumi.*", "schema"))


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture
def spoil(facts: Path) -> Spoil:
    """Replace a text that must be there."""

    def change(file: str, old: str, new: str) -> None:
        text = (facts / file).read_text(encoding="utf-8")
        assert old in text
        (facts / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.fixture
def problems(facts: Path) -> Problems:
    """What loading finds; nothing when it passes."""

    def found() -> list[Problem]:
        try:
            load(facts)
        except FactsError as error:
            return list(error.problems)
        return []

    return found
