"""The flow matrix turned into security groups, and into what each host's own firewall must let pass.

Both come from the same lines, and what a line permits passes over IPv4 and IPv6 alike. One group that all hosts share
carries what concerns them all (log-in from the bastion, metrics, logs, packages), so that a new host costs no new rule;
the other side is named by group, not by address. Hosts of another stack have no group here: they are named by address,
all that one rule is about in one address group. What one rule of a group permits, no other one repeats.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Literal

from infra.plan.base import VERSIONS, Block, Protocol, Version, target
from infra.plan.covered import needed
from infra.plan.flows import EVERY_HOST, Line, Side
from infra.plan.plan import Labels, PlannedAddressGroup, PlannedRule, PlannedSecurityGroup, ResolvedFlow
from infra.plan.systems import Flow, System, group_name
from infra.plan.topology import highest, labels
from infra.plan.world import Addresses

METADATA = IPv4Network("169.254.169.254/32")
Direction = Literal["ingress", "egress"]
Rules = dict[str, list[PlannedRule]]


def plan_security_groups(
    lines: Sequence[Line], systems: Sequence[System]
) -> tuple[tuple[PlannedSecurityGroup, ...], tuple[PlannedAddressGroup, ...]]:
    """One group a function, and the one of every host; with the address groups that their rules name."""
    metadata = _rules("egress", METADATA, "tcp", 80, "cloud-init reads the metadata service")
    rules: Rules = defaultdict(list, {EVERY_HOST: [*metadata]})
    for line in lines:
        for source in line.source.named:
            for destination in line.destination.named:
                _permit(rules, line.flow, "egress", source, destination)
                _permit(rules, line.flow, "ingress", destination, source)
    owner = highest(systems)
    tags = {
        EVERY_HOST: Labels(system="extranet", owner=target(owner.owner), level=owner.protection_level, zone="all"),
        **{
            group_name(system.name, name): labels(system, function.zone)
            for system in systems
            for name, function in system.functions.items()
        },
    }
    addresses = tuple(_permit_hosts(rules, lines, tags))
    blocks = {group.name: group.blocks for group in addresses}
    groups = tuple(
        PlannedSecurityGroup(name=name, project=tag.owner, labels=tag, rules=needed(rules[name], blocks))
        for name, tag in tags.items()
    )
    named = {rule.remote_address_group for group in groups for rule in group.rules}
    return groups, tuple(group for group in addresses if group.name in named)


def _permit(rules: Rules, flow: Flow, direction: Direction, own: str | Block, remote: str | Block) -> None:
    if isinstance(own, str):
        rules[own] += [
            rule for port in _ports(flow) for rule in _rules(direction, remote, flow.protocol, port, flow.why)
        ]


def _ports(flow: Flow) -> list[int | None]:
    return [*flow.ports] or [None]


def _permit_hosts(rules: Rules, lines: Sequence[Line], tags: Mapping[str, Labels]) -> Iterator[PlannedAddressGroup]:
    """One rule a family for all hosts of other stacks that one group may speak with in one way."""
    for (own, direction, protocol, port), found in _by_rule(lines).items():
        blocks = sorted({block for _, blocks, _ in found for block in blocks}, key=lambda one: (one.version, one))
        names = {name for name, _, _ in found}
        everyone = "clients" if direction == "ingress" else "servers"
        group = "-".join(map(str, filter(None, (own, everyone, protocol, port))))
        one_host = len(blocks) == len(VERSIONS)
        if not one_host:
            yield PlannedAddressGroup(name=group, project=tags[own].owner, labels=tags[own], blocks=tuple(blocks))
        for rule in _rules(direction, names.pop() if len(names) == 1 else everyone, protocol, port, found[0][2]):
            block = next(block for block in blocks if block.version == rule.version)
            side = {"remote_block": block} if one_host else {"remote_address_group": group}
            rules[own].append(rule.model_copy(update={"remote_group": None, **side}))


def by_address(
    groups: Sequence[PlannedSecurityGroup], addresses: Sequence[PlannedAddressGroup]
) -> tuple[PlannedSecurityGroup, ...]:
    """The same permissions for a firewall that knows no address groups: one rule an address."""
    blocks = {group.name: group.blocks for group in addresses}
    return tuple(
        group.model_copy(
            update={"rules": needed([one for rule in group.rules for one in _spelled(rule, blocks)], blocks)}
        )
        for group in groups
    )


def _spelled(rule: PlannedRule, blocks: Mapping[str, Sequence[Block]]) -> Iterator[PlannedRule]:
    if rule.remote_address_group is None:
        yield rule
        return
    for block in (block for block in blocks[rule.remote_address_group] if block.version == rule.version):
        own = {"name": f"{rule.name}-{block}", "remote_address_group": None, "remote_block": block}
        yield rule.model_copy(update=own)


Way = tuple[str, Direction, Protocol, int | None]


def _by_rule(lines: Sequence[Line]) -> dict[Way, list[tuple[str, tuple[Block, ...], str]]]:
    """By group, direction, protocol and port: the groups of other stacks, their hosts, and what for."""
    found: dict[Way, list[tuple[str, tuple[Block, ...], str]]] = defaultdict(list)
    for line in lines:
        ways: tuple[tuple[Direction, Side, Side], ...] = (
            ("egress", line.source, line.destination),
            ("ingress", line.destination, line.source),
        )
        for direction, own, other in ways:
            for group in own.groups:
                for port in _ports(line.flow):
                    way: Way = (group, direction, line.flow.protocol, port)
                    found[way] += [(name, blocks, line.flow.why) for name, blocks in other.hosts.items()]
    return {way: hosts for way, hosts in found.items() if hosts}


def _rules(
    direction: Direction, remote: str | Block, protocol: Protocol, port: int | None, why: str
) -> Iterator[PlannedRule]:
    """A block is of one family, the members of a group are of both."""
    side = {"remote_group": remote} if isinstance(remote, str) else {"remote_block": remote}
    versions: Sequence[Version] = VERSIONS if isinstance(remote, str) else (remote.version,)
    word = "from" if direction == "ingress" else "to"
    name = f"{protocol}{'' if port is None else f'-{port}'}-{word}-{remote}"
    rule = {"name": name, "direction": direction, "protocol": protocol, "port": port, "why": why, **side}
    for version in versions:
        yield PlannedRule.model_validate({**rule, "version": version})


def resolve_flows(
    group: str, own: Sequence[Block], lines: Sequence[Line], addresses: Addresses
) -> tuple[tuple[ResolvedFlow, ...], tuple[ResolvedFlow, ...]]:
    """What may come in to and go out from one host, by address."""
    mine = {group, EVERY_HOST}
    incoming: list[ResolvedFlow] = []
    outgoing: list[ResolvedFlow] = [ResolvedFlow(peer=METADATA, protocol="tcp", ports=(80,))]
    for line in lines:
        for here, there, flows in (
            (line.destination, line.source, incoming),
            (line.source, line.destination, outgoing),
        ):
            if mine.intersection(here.groups):
                flows += [
                    ResolvedFlow(peer=block, protocol=line.flow.protocol, ports=tuple(line.flow.ports))
                    for block in _blocks(there, addresses)
                    if block not in own
                ]
    return tuple(dict.fromkeys(incoming)), tuple(dict.fromkeys(outgoing))


def _blocks(side: Side, addresses: Addresses) -> Iterator[Block]:
    for name in side.groups:
        yield from addresses[name]
    yield from side.blocks
    for blocks in side.hosts.values():
        yield from blocks
