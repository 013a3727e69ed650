"""stacks/controls/waivers.yaml: items that are knowingly not met: who answers, why, what instead, and until when."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from infra.plan.base import Facts
from infra.plan.problems import Problem
from infra.plan.source import Source

FILE = "controls/waivers.yaml"
Text = Annotated[str, Field(min_length=1)]


class Waiver(Facts):
    """One point of one item that some hosts need not meet for now."""

    item: str = Field(pattern=r"^[78](\.\d+){3}(-[a-z])?$", description="控制项 control item")
    point: Text
    hosts: Annotated[tuple[Text, ...], Field(min_length=1)]
    owner: Text
    reason: Text
    compensation: Text
    expires: date = Field(description="有效期至 the last day that it holds, as 2027-06-30")

    def covers(self, item: str, point: str, names: frozenset[str]) -> bool:
        """Whether this entry speaks of that point on a host with that name or those groups."""
        return self.item == item and self.point == point and bool(names & set(self.hosts))

    def expired(self, today: date) -> bool:
        """An entry holds to the end of its last day."""
        return today > self.expires


class Register(Facts):
    """All waivers."""

    waivers: tuple[Waiver, ...] = ()


def expired(register: Register, source: Source | None, today: date) -> Iterator[Problem]:
    """Entries whose last day has passed: the audit counts them as failed."""
    for index, waiver in enumerate(register.waivers):
        if source and waiver.expired(today):
            text = (
                f"豁免 {waiver.item} 已于 {waiver.expires} 到期，请整改后删除，或重新审批并延期 · expired; "
                "meet the item and remove this entry, or have it approved again with a later day"
            )
            yield source.problem(("waivers", index, "expires"), text)
