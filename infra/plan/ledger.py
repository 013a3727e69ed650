"""stacks/addresses.csv: what was allocated, by key; a row that is there never moves.

Keys are `<division>`, `<division>/<zone>`, `<division>/<zone>/<segment>` and `<division>/<zone>/<segment>/<host>`. Each
has a row of IPv4 and one of IPv6. A division or zone that ran full gets another row under the same key: all blocks are
then its own.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from socket import AF_INET, AF_INET6, inet_pton

from infra.plan.base import BITS, Block, Version
from infra.plan.files import read_rows
from infra.plan.problems import Problem

HEADER = ["key", "cidr"]
FAMILIES: dict[Version, int] = {4: AF_INET, 6: AF_INET6}


@dataclass(frozen=True, order=True)
class Entry:
    """One allocated block, as numbers: a province has thousands."""

    version: Version
    first: int
    prefix: int
    key: str
    line: int = field(compare=False, default=0)

    @property
    def last(self) -> int:
        """The block's last address."""
        return self.first + (1 << (BITS[self.version] - self.prefix)) - 1

    @property
    def network(self) -> Block:
        """The block."""
        at = (self.first, self.prefix)
        return IPv4Network(at) if self.version == 4 else IPv6Network(at)

    @classmethod
    def of(cls, network: Block, key: str, line: int = 0) -> "Entry":
        """The entry of a block."""
        return cls(network.version, int(network.network_address), network.prefixlen, key, line)


@dataclass(frozen=True)
class Ledger:
    """All entries by family and key."""

    entries: tuple[Entry, ...]
    by_key: dict[tuple[Version, str], tuple[Entry, ...]]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Ledger":
        """Index the entries."""
        kept = tuple(entries)
        by_key: dict[tuple[Version, str], tuple[Entry, ...]] = {}
        for entry in kept:
            place = (entry.version, entry.key)
            by_key[place] = (*by_key.get(place, ()), entry)
        return cls(kept, by_key)

    def block(self, key: str) -> IPv4Network:
        """The first IPv4 block of a key that is known to be there."""
        return IPv4Network((self.by_key[4, key][0].first, self.by_key[4, key][0].prefix))

    def block6(self, key: str) -> IPv6Network:
        """The first IPv6 block of a key that is known to be there."""
        return IPv6Network((self.by_key[6, key][0].first, self.by_key[6, key][0].prefix))

    def both(self, key: str) -> tuple[IPv4Network, IPv6Network]:
        """The first block of each family."""
        return self.block(key), self.block6(key)

    def address(self, key: str) -> IPv4Address:
        """The IPv4 address of a host that is known to be there."""
        return self.block(key).network_address

    def address6(self, key: str) -> IPv6Address:
        """The IPv6 address of a host that is known to be there."""
        return self.block6(key).network_address


@lru_cache(maxsize=4)
def parse_ledger(text: str, name: str) -> tuple[Ledger, tuple[Problem, ...]]:
    """Read the ledger; faulty rows are told and left out.

    Kept: onboarding proves the facts in copies, which are read again unchanged.
    """
    rows, unread = read_rows(text, name)
    if unread:
        return Ledger.of(()), tuple(unread)
    if rows and rows[0][1] != HEADER:
        return Ledger.of(()), (Problem(name, 1, "-", "表头应为 key,cidr · header must be key,cidr"),)
    problems: list[Problem] = []
    entries: list[Entry] = []
    for line, row in rows[1:]:
        if not row:
            continue
        try:
            key, cidr = row
            entries.append(_entry(cidr, key, line))
        except ValueError as error:
            problems.append(Problem(name, line, row[0], f"应为 key,cidr · must be key,cidr: {error}"))
    return Ledger.of(entries), tuple(problems)


def _entry(cidr: str, key: str, line: int) -> Entry:
    """The entry of one row: of thousands, so that ipaddress judges only what is not plainly a block."""
    address, _, length = cidr.partition("/")
    version: Version = 6 if ":" in cidr else 4
    try:
        first = int.from_bytes(inet_pton(FAMILIES[version], address), "big")
        outside = BITS[version] - int(length)
    except (OSError, ValueError):
        outside = -1
    if length.isdecimal() and length.isascii() and outside >= 0 and not first & ((1 << outside) - 1):
        return Entry(version, first, int(length), key, line)
    return Entry.of(IPv6Network(cidr) if version == 6 else IPv4Network(cidr), key, line)


def render_ledger(entries: Iterable[Entry]) -> str:
    """The ledger as text, sorted by key so that a merge shows what was added."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((e.key, str(e.network)) for e in sorted(entries, key=lambda e: (e.key, e.version, e.first)))
    return out.getvalue()
