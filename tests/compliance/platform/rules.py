"""Security groups held against the flow matrix: what is too wide, not planned, missing, unused or covered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from itertools import islice
from typing import NamedTuple

from infra.plan.plan import PlannedRule
from tests.compliance.platform.seen import ANYWHERE, Block, Rule
from tests.compliance.platform.territory import Territory

DEFAULT = "default"


class Permission(NamedTuple):
    """What a rule lets pass, in words that planned rules and the cloud's share; ports (0, 65535) are all.

    A protocol has one word in both families.
    """

    group: str
    direction: str
    family: str
    protocol: str
    ports: tuple[int, int]
    remote: str

    @property
    def told(self) -> str:
        """As a report names it."""
        ports = "-".join(dict.fromkeys(map(str, self.ports))) if self.ports != ALL_PORTS else "全部端口"
        word = "来自" if self.direction == "ingress" else "去往"
        return f"{self.group} {self.family} {self.protocol or '任何协议'} {ports} {word} {self.remote}"


ALL_PORTS = (0, 65535)
EVERYBODY = "任何地址"
PORTED = ("tcp", "udp")


@dataclass(frozen=True)
class Permissions:
    """All permissions of the stack's groups."""

    territory: Territory

    @cached_property
    def names(self) -> dict[str, str]:
        """Groups by id, as reports name them."""
        return {one.id: one.name for one in self.territory.own(self.territory.cloud.groups)}

    @cached_property
    def members(self) -> frozenset[str]:
        """Ids of groups that some port is in."""
        return frozenset(name for port in self.territory.cloud.ports for name in port.security_groups)

    @cached_property
    def rules(self) -> list[tuple[Rule, Permission]]:
        """The rules in the stack's groups."""
        found = (rule for rule in self.territory.cloud.rules if rule.security_group_id in self.names)
        return [(rule, self._seen(rule)) for rule in found]

    @cached_property
    def planned(self) -> frozenset[Permission]:
        """What the plan permits."""
        blocks = {group.name: group.blocks for group in self.territory.plan.address_groups}
        return frozenset(
            permission
            for group in self.territory.plan.security_groups
            for rule in group.rules
            for permission in planned(group.name, rule, blocks)
        )

    def _seen(self, rule: Rule) -> Permission:
        ports = (rule.port_range_min, rule.port_range_max)
        either = (ports[0] or 0, ports[1] or 65535) if rule.protocol in PORTED and None not in ports else ALL_PORTS
        if rule.open_to_all:
            remote = EVERYBODY
        elif rule.remote_group_id:
            remote = self.names.get(rule.remote_group_id, rule.remote_group_id)
        else:
            remote = str(rule.remote_ip_prefix or rule.remote_address_group_id)
        protocol = "icmp" if rule.protocol == "ipv6-icmp" else rule.protocol
        return Permission(self.names[rule.security_group_id], rule.direction, rule.ethertype, protocol, either, remote)

    def unplanned(self) -> Iterator[str]:
        """Rules that no flow asks for."""
        yield from (one.told for _, one in self.rules if one not in self.planned)

    def missing(self) -> Iterator[str]:
        """Flows that no rule lets pass."""
        found = {one for _, one in self.rules}
        yield from (one.told for one in sorted(self.planned - found))

    def too_wide(self) -> Iterator[str]:
        """Rules for everybody, every port or every protocol that the plan does not have so."""
        for rule, one in self.rules:
            wide = [
                *(["任何地址"] if rule.open_to_all else []),
                *(["地址段过大"] if large(rule.remote_ip_prefix) else []),
                *(["任何协议"] if not one.protocol else []),
                *(["端口过多"] if one.protocol in PORTED and one.ports[1] - one.ports[0] > 10 else []),
            ]
            if wide and one not in self.planned:
                yield f"{one.told}（{'、'.join(wide)}）"

    def defaults(self) -> Iterator[str]:
        """Rules of the groups that Neutron makes by itself."""
        yield from (one.told for _, one in self.rules if one.group == DEFAULT)

    def unused(self) -> Iterator[str]:
        """Groups that nothing is in, and rules for groups that nothing is in, where the plan has hosts for them."""
        built = {name for group in self.territory.plan.host_groups if group.hosts for name in group.security_groups}
        expected = {group.name for group in self.territory.plan.security_groups} - built
        for key, name in self.names.items():
            if key not in self.members and name not in expected | {DEFAULT}:
                yield f"安全组 {name} 没有端口使用"
        for rule, one in self.rules:
            remote = rule.remote_group_id
            if remote and remote not in self.members and one.remote not in expected:
                yield f"{one.told}：对端组没有端口使用"

    def covered(self) -> Iterator[str]:
        """Rules that another one of the same group makes needless."""
        for rule, one in self.rules:
            others = (two for other, two in self.rules if other.id != rule.id and covers(other, two, rule, one))
            yield from (f"{one.told}（已含于 {wider.told}）" for wider in islice(others, 1))

    def across_levels(self) -> Iterator[str]:
        """Permissions between hosts of different levels that no flow asks for."""
        for rule, one in self.rules:
            own, others = self._levels(one.group), self._touched(rule)
            if one not in self.planned and any(level not in own for level in others):
                yield one.told

    def _levels(self, group: str) -> set[int]:
        """Levels of the hosts in a group."""
        return {each.labels.level for each in self.territory.plan.host_groups if group in each.security_groups}

    def _touched(self, rule: Rule) -> set[int]:
        """Levels of the planned hosts at the other side of a rule."""
        if rule.remote_group_id:
            return self._levels(self.names.get(rule.remote_group_id, ""))
        return {
            group.labels.level
            for group in self.territory.plan.host_groups
            for host in group.hosts
            if rule.open_to_all
            or any(
                rule.remote_ip_prefix and contains(rule.remote_ip_prefix, ip_network(address))
                for address in (host.address, host.address6)
            )
        }


def planned(group: str, rule: PlannedRule, blocks: Mapping[str, Sequence[Block]]) -> Iterator[Permission]:
    """What one planned rule permits: one permission for each address of its address group."""
    ports = (rule.port, rule.port) if rule.port is not None else ALL_PORTS
    if rule.remote_group:
        remotes = [rule.remote_group]
    elif rule.remote_address_group:
        remotes = [str(block) for block in blocks[rule.remote_address_group] if block.version == rule.version]
    else:
        remotes = [EVERYBODY if rule.remote_block in ANYWHERE else str(rule.remote_block)]
    family = f"IPv{rule.version}"
    yield from (Permission(group, rule.direction, family, rule.protocol, ports, remote) for remote in remotes)


def large(block: Block | None) -> bool:
    """Whether a block is more than a zone's subnet needs."""
    return block is not None and block.prefixlen < {4: 24, 6: 48}[block.version]


def covers(other: Rule, wider: Permission, rule: Rule, one: Permission) -> bool:
    """Whether what the one permits is permitted by the other too; of two equal ones the first in order stays."""
    same = (wider.group, wider.direction, wider.family) == (one.group, one.direction, one.family)
    ports = wider.ports[0] <= one.ports[0] and one.ports[1] <= wider.ports[1]
    if not same or wider.protocol not in ("", one.protocol) or not ports or (wider == one and other.id > rule.id):
        return False
    if other.open_to_all or wider.remote == one.remote:
        return True
    theirs, mine = other.remote_ip_prefix, rule.remote_ip_prefix
    return theirs is not None and mine is not None and ip_network(mine) != theirs and contains(theirs, mine)


def contains(outer: Block, inner: Block) -> bool:
    """Whether one block lies in the other, of the same family."""
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]
