"""Rules that another rule of their group makes needless: what they permit, the other one permits already."""

from collections.abc import Mapping, Sequence
from ipaddress import collapse_addresses
from typing import Literal, NamedTuple

from infra.plan.base import Block, Protocol, Version
from infra.plan.plan import PlannedRule
from infra.plan.uplinks import EVERYWHERE


class Permission(NamedTuple):
    """What a rule permits; the other side is a group, or addresses in their shortest form. No port means every port."""

    way: tuple[Literal["ingress", "egress"], Version, Protocol]
    port: int | None
    peers: str | tuple[Block, ...]

    @property
    def wide(self) -> bool:
        """Whether it can cover another one at all: one port of one address or of one group covers nothing else."""
        alone = isinstance(self.peers, str) or (len(self.peers) == 1 and self.peers[0].num_addresses == 1)
        return self.port is None or not alone

    def covers(self, other: "Permission") -> bool:
        """Whether it permits all that the other one does; any host may be in a group, so only everybody covers it."""
        if self.way != other.way or self.port not in (None, other.port):
            return False
        if isinstance(self.peers, str):
            return self.peers == other.peers
        inner = (EVERYWHERE[other.way[1]],) if isinstance(other.peers, str) else other.peers
        return all(any(one.subnet_of(outer) for outer in self.peers) for one in inner)  # type: ignore[arg-type]


def needed(rules: Sequence[PlannedRule], blocks: Mapping[str, Sequence[Block]]) -> tuple[PlannedRule, ...]:
    """The rules of one group without the covered ones; of several that permit the same the first stays.

    `blocks` are those of each address group that a rule may name.
    """
    found: dict[Permission, PlannedRule] = {}
    for rule in rules:
        found.setdefault(_permission(rule, blocks), rule)
    wide = [one for one in found if one.wide]
    return tuple(rule for one, rule in found.items() if not any(other != one and other.covers(one) for other in wide))


def _permission(rule: PlannedRule, blocks: Mapping[str, Sequence[Block]]) -> Permission:
    named = blocks[rule.remote_address_group] if rule.remote_address_group else [rule.remote_block]
    addresses = collapse_addresses(one for one in named if one and one.version == rule.version)  # type: ignore[type-var]
    way = (rule.direction, rule.version, rule.protocol)
    return Permission(way, rule.port, rule.remote_group or tuple(addresses))
