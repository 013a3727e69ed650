"""What is wrong with the facts, told once for all of it: file, line, key and mend.

Every check adds to a list and goes on, so that an operator mends a whole file in one round instead of one error a run.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing to mend; sorts by place."""

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        """Render as editors and terminals make clickable: file:line first."""
        return f"{self.file}:{self.line}  {self.key}\n    {self.text}"


class FactsError(Exception):
    """The facts can't be built from; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self.report())

    def report(self) -> str:
        """All problems, in the order of files and lines."""
        count = len(self.problems)
        body = "\n".join(map(str, self.problems))
        return f"{body}\n数据有 {count} 处问题，未做任何改动 · {count} problem(s) in the facts, nothing was changed"
