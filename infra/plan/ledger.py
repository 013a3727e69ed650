"""stacks/addresses.csv: what was allocated, by key; a row that is there never moves.

Keys are `<division>`, `<division>/<zone>`, `<division>/<zone>/<segment>` and `<division>/<zone>/<segment>/<host>`. A
division or zone that ran full gets a second row under the same key: both blocks are then its own.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from infra.plan.problems import Problem

HEADER = ["key", "cidr"]


@dataclass(frozen=True, order=True)
class Entry:
    """One allocated block, as numbers: a province has thousands."""

    first: int
    prefix: int
    key: str
    line: int = field(compare=False, default=0)

    @property
    def last(self) -> int:
        """The block's last address."""
        return self.first + (1 << (32 - self.prefix)) - 1

    @property
    def network(self) -> IPv4Network:
        """The block."""
        return IPv4Network((self.first, self.prefix))


@dataclass(frozen=True)
class Ledger:
    """All entries by key."""

    entries: tuple[Entry, ...]
    by_key: dict[str, tuple[Entry, ...]]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Ledger":
        """Index the entries."""
        kept = tuple(entries)
        by_key: dict[str, tuple[Entry, ...]] = {}
        for entry in kept:
            by_key[entry.key] = (*by_key.get(entry.key, ()), entry)
        return cls(kept, by_key)

    def block(self, key: str) -> IPv4Network:
        """The first block of a key that is known to be there."""
        return self.by_key[key][0].network

    def address(self, key: str) -> IPv4Address:
        """The address of a host that is known to be there."""
        return self.block(key).network_address


def parse_ledger(text: str, name: str) -> tuple[Ledger, list[Problem]]:
    """Read the ledger; faulty rows are told and left out."""
    rows = csv.reader(io.StringIO(text))
    header = next(rows, HEADER)
    if header != HEADER:
        return Ledger.of(()), [Problem(name, 1, "-", "表头应为 key,cidr · header must be key,cidr")]
    problems: list[Problem] = []
    entries: list[Entry] = []
    for row in rows:
        if not row:
            continue
        try:
            key, cidr = row
            network = IPv4Network(cidr)
        except ValueError as error:
            problems.append(Problem(name, rows.line_num, row[0], f"应为 key,cidr · must be key,cidr: {error}"))
            continue
        entries.append(Entry(int(network.network_address), network.prefixlen, key, rows.line_num))
    return Ledger.of(entries), problems


def render_ledger(entries: Iterable[Entry]) -> str:
    """The ledger as text, sorted by key so that a merge shows what was added."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((e.key, str(e.network)) for e in sorted(entries, key=lambda e: (e.key, e.first)))
    return out.getvalue()
