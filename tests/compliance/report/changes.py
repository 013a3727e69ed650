"""What became worse or better since the audits before: only that is worth telling every day."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from pydantic import Field

from tests.compliance.catalogue import Frozen
from tests.compliance.verdicts import WORST_FIRST, Verdict

Verdicts = dict[str, dict[str, Verdict]]


class Earlier(Frozen):
    """For each host the verdicts of the last audit that looked at it; `at` is when the newest of those ended."""

    at: datetime | None = None
    verdicts: Verdicts = Field(default_factory=dict)


NOTHING = Earlier()


class Change(Frozen):
    """One item of one host whose verdict is another than before."""

    host: str
    item: str
    before: Verdict
    after: Verdict

    @property
    def worse(self) -> bool:
        """Whether this calls for work."""
        return WORST_FIRST.index(self.after) < WORST_FIRST.index(self.before)


def earlier(folder: Path, hosts: set[str]) -> Earlier:
    """Look backwards through the reports beside `folder` until each host was found, or there are no more.

    A report that does not parse is passed over: half a report of an interrupted audit must not stop the next one.
    """
    found: Verdicts = {}
    at: datetime | None = None
    older = (path for path in folder.parent.glob("2*/report.json") if path.parent.name < folder.name)
    for path in sorted(older, reverse=True):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            fresh = {
                each["name"]: {item["id"]: Verdict(item["verdict"]) for item in each["items"]}
                for each in record["hosts"]
                if each["name"] in hosts and each["name"] not in found
            }
            ended = datetime.fromisoformat(record["ended"])
        except (ValueError, KeyError, TypeError):
            continue
        if fresh:
            found.update(fresh)
            at = at or ended
        if hosts <= set(found):
            break
    return Earlier(at=at, verdicts=found)


def changes(before: Earlier, now: Verdicts) -> tuple[Change, ...]:
    """The differences, what became worse first; an item or a host that is new is no change."""
    found = [
        Change(host=host, item=item, before=before.verdicts[host][item], after=after)
        for host, items in now.items()
        for item, after in items.items()
        if before.verdicts.get(host, {}).get(item, after) is not after
    ]
    return tuple(sorted(found, key=lambda change: (not change.worse, change.host, change.item)))
