"""Updates that wait for a host, as its own check for known vulnerabilities names them; pure, tested without a host."""

from __future__ import annotations

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

LINE = re.compile(r"^(security|unknown) (?P<name>\S+) (?P<now>\S+) (?P<new>\S+) (?P<day>\d{4}-\d\d-\d\d)(?P<cves>.*)$")


class Update(NamedTuple):
    """An update that waits, and since when the host knows of it."""

    text: str
    since: date


def waiting(findings: tuple[str, ...]) -> list[Update]:
    """What the host's check found, as `known_vulnerabilities` prints it."""
    matches = (LINE.match(line) for line in findings)
    return [
        Update(f"{m['name']} {m['now']}→{m['new']}{m['cves']}（{m['day']} 起）", date.fromisoformat(m["day"]))
        for m in matches
        if m
    ]


def made(releases: str) -> list[datetime]:
    """When each of the package lists was made."""
    return [parsedate_to_datetime(line.partition(": ")[2]) for line in releases.splitlines()]
