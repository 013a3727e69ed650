"""How an item is judged, whatever it is judged on: point by point, each with the evidence that it rests on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tests.compliance.catalogue import Control
from tests.compliance.verdicts import Evidence, Finding, Verdict

EXCERPT = 3000
Source = TypeVar("Source")


class UnreadableError(Exception):
    """Something that a check needs could not be read."""


@dataclass
class Judge(ABC, Generic[Source]):
    """One item on one subject; what a point may name as its source is the subject's."""

    control: Control
    evidence: list[Evidence] = field(default_factory=list, init=False)
    findings: list[Finding] = field(default_factory=list, init=False)

    @property
    @abstractmethod
    def name(self) -> str:
        """Whom the findings are about."""

    @property
    @abstractmethod
    def names(self) -> frozenset[str]:
        """Names by which a waiver may speak of it."""

    @abstractmethod
    def read(self, source: Source) -> Evidence:
        """What a source gave; one that could not be read ends the check."""

    def judge(self, point: str, title: str, passed: bool, detail: str, *sources: Source) -> None:
        """Record a point that the evidence decides."""
        self._add(point, title, Verdict.PASS if passed else Verdict.FAIL, detail, sources)

    def refuse(self, point: str, title: str, offenders: Iterable[str], *sources: Source) -> None:
        """Record a point that holds when there is no offender; each counts once, and the first ones are named."""
        found = list(dict.fromkeys(offenders))
        named = "、".join(found[:8]) + ("……" if len(found) > 8 else "")
        self.judge(point, title, not found, f"发现 {len(found)} 项：{named}" if found else "未发现问题", *sources)

    def leave_open(self, point: str, title: str, reason: str, *sources: Source) -> None:
        """Record a point that cannot be evaluated here, and why."""
        self._add(point, title, Verdict.NOT_EVALUATED, reason, sources)

    def not_applicable(self, point: str, title: str, reason: str, *sources: Source) -> None:
        """Record a point that asks for nothing here, why, and what shows it."""
        self._add(point, title, Verdict.NOT_APPLICABLE, reason, sources)

    def _add(self, point: str, title: str, verdict: Verdict, detail: str, sources: tuple[Source, ...]) -> None:
        numbers = tuple(self._number(source) for source in sources)
        self.findings.append(Finding(point=point, title=title, verdict=verdict, detail=detail, evidence=numbers))

    def _number(self, source: Source) -> int:
        """Keep a piece of evidence once, however many points rest on it."""
        reading = excerpt(self.read(source))
        if reading not in self.evidence:
            self.evidence.append(reading)
        return self.evidence.index(reading)


def excerpt(reading: Evidence) -> Evidence:
    """Evidence short enough to keep; what was cut is counted."""
    output = reading.output.rstrip()
    if len(output) <= EXCERPT:
        return reading.model_copy(update={"output": output})
    cut = len(output) - EXCERPT
    return reading.model_copy(update={"output": f"{output[:EXCERPT]}\n……（其余 {cut} 字符从略）"})
