"""Compares the configurations of a folder with those that the plan gives, and writes what differs."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OURS = re.compile(r"\d{6,12}(-core-\d|-exit)?\.conf")


@dataclass(frozen=True)
class Change:
    """One file: `before` is None where it is new, `after` where its node is gone."""

    name: str
    before: str | None
    after: str | None

    def diff(self) -> str:
        """As `diff -u` has it."""
        lines = difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            (self.after or "").splitlines(keepends=True),
            self.name if self.before is not None else "/dev/null",
            self.name if self.after is not None else "/dev/null",
        )
        return "".join(lines)


def compare(folder: Path, wanted: Mapping[str, str]) -> list[Change]:
    """Every file that isn't as wanted; files of other names than routers' are none of ours."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.conf") if OURS.fullmatch(path.name)}
    names = sorted(there.keys() | wanted.keys())
    return [Change(name, there.get(name), wanted.get(name)) for name in names if there.get(name) != wanted.get(name)]


def write(folder: Path, change: Change) -> None:
    """Make the file as wanted; it appears whole or not at all."""
    path = folder / change.name
    if change.after is None:
        path.unlink()
        return
    partial = path.with_suffix(".partial")
    partial.write_text(change.after, encoding="utf-8")
    partial.replace(path)
