"""Verdicts and what they rest on: no pass without evidence, no silence about what was not evaluated."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from infra.plan.waivers import Waiver
from tests.compliance.catalogue import Frozen


class Verdict(StrEnum):
    """What can be said about an item, worst first: the evaluation standard's four, and two that it has no word for."""

    FAIL = "fail"
    PARTIAL = "partial"
    NOT_EVALUATED = "not evaluated"
    WAIVED = "waived"
    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    NOT_APPLICABLE = "not applicable"


WORST_FIRST = tuple(Verdict)
FAILED = frozenset({Verdict.FAIL, Verdict.PARTIAL})
CHINESE = {
    Verdict.PASS: "符合",
    Verdict.PARTIAL: "部分符合",
    Verdict.FAIL: "不符合",
    Verdict.NOT_APPLICABLE: "不适用",
    Verdict.WAIVED: "豁免",
    Verdict.NOT_EVALUATED: "未评估",
}


class Evidence(Frozen):
    """What was read on the host, when, and what came back."""

    command: str
    output: str
    exit_status: int
    read_at: datetime


class Finding(Frozen):
    """The verdict on one point of an item (测评实施要点); its evidence is counted from 0 among the item's."""

    point: str
    title: str
    verdict: Verdict
    detail: str
    evidence: tuple[int, ...] = ()
    waiver: Waiver | None = None

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        if self.verdict is Verdict.PARTIAL:
            raise ValueError(f"{self.point}: a point holds or fails; only an item of several points holds in part")
        if self.verdict is not Verdict.NOT_EVALUATED and not self.evidence:
            raise ValueError(f"{self.point}: {self.verdict} needs evidence")
        if self.verdict in (Verdict.NOT_EVALUATED, Verdict.NOT_APPLICABLE) and not self.detail:
            raise ValueError(f"{self.point}: {self.verdict} needs a reason")
        return self


class ItemResult(Frozen):
    """The verdict on one item on one host."""

    host: str
    id: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    findings: tuple[Finding, ...]


def together(verdicts: tuple[Verdict, ...]) -> Verdict:
    """What points say of their item, or hosts of their system: GB/T 28448's rule.

    All that applies holds: 符合; some fails beside some that holds: 部分符合; some fails and none holds: 不符合.
    Without a failure, what could not be evaluated leaves all of it open. Without any point nothing was evaluated.
    """
    if FAILED & set(verdicts):
        holds = {Verdict.PASS, Verdict.WAIVED, Verdict.PARTIAL} & set(verdicts)
        return Verdict.PARTIAL if holds else Verdict.FAIL
    return min(verdicts, key=WORST_FIRST.index, default=Verdict.NOT_EVALUATED)


def waive(finding: Finding, item: str, names: frozenset[str], waivers: tuple[Waiver, ...], today: date) -> Finding:
    """Turn a failed point into a waived one where the register says so; an expired entry leaves it failed."""
    if finding.verdict is not Verdict.FAIL:
        return finding
    for waiver in waivers:
        if waiver.covers(item, finding.point, names):
            if waiver.expired(today):
                detail = f"{finding.detail}；豁免已于 {waiver.expires} 到期 (waiver expired)"
                return finding.model_copy(update={"detail": detail, "waiver": waiver})
            return finding.model_copy(update={"verdict": Verdict.WAIVED, "waiver": waiver})
    return finding


def judge_item(host: str, item: str, evidence: tuple[Evidence, ...], findings: tuple[Finding, ...]) -> ItemResult:
    """Sum up an item."""
    verdict = together(tuple(finding.verdict for finding in findings))
    return ItemResult(host=host, id=item, verdict=verdict, evidence=evidence, findings=findings)
