"""The flow matrix turned into security groups, and into what each host's own firewall must let pass.

Both come from the same lines. One group that all hosts share carries what concerns them all (log-in from the bastion,
metrics, logs, packages), so that a new host costs no new rule; the other side is named by group, not by address.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Literal

from infra.plan.base import Protocol, target
from infra.plan.plan import Labels, PlannedRule, PlannedSecurityGroup, ResolvedFlow
from infra.plan.stack import Stack
from infra.plan.systems import Flow, System
from infra.plan.topology import highest, labels

EVERY_HOST = "every-host"
INTERNET = IPv4Network("0.0.0.0/0")
METADATA = IPv4Network("169.254.169.254/32")
Addresses = Mapping[str, tuple[IPv4Network, ...]]


def group_name(system: str, function: str) -> str:
    """The security group of a function."""
    return f"{system}-{function.replace('_', '-')}"


def plan_security_groups(stack: Stack, systems: Sequence[System]) -> tuple[PlannedSecurityGroup, ...]:
    """One group a function, and the one of every host."""
    rules: dict[str, list[PlannedRule]] = defaultdict(list)
    for flow in _flows(systems):
        sources, destinations = _ends(flow.from_, stack, systems), _ends(flow.to, stack, systems)
        for source in sources:
            for destination in destinations:
                _permit(rules, flow, "egress", source, destination)
                _permit(rules, flow, "ingress", destination, source)
    metadata = _rule("egress", METADATA, "tcp", 80, "cloud-init reads the metadata service")
    owner = highest(systems)
    shared = Labels(system="extranet", owner=target(owner.owner), level=owner.protection_level, zone="all")
    every = PlannedSecurityGroup(
        name=EVERY_HOST, project=shared.owner, labels=shared, rules=_unique([metadata, *rules[EVERY_HOST]])
    )
    return (
        every,
        *(
            PlannedSecurityGroup(
                name=group_name(system.name, name),
                project=target(system.owner),
                labels=labels(system, function.zone),
                rules=_unique(rules[group_name(system.name, name)]),
            )
            for system in systems
            for name, function in system.functions.items()
        ),
    )


def _flows(systems: Sequence[System]) -> Iterator[Flow]:
    for system in systems:
        yield from system.flows


def _ends(endpoint: str, stack: Stack, systems: Sequence[System]) -> list[str | IPv4Network]:
    """The groups or blocks that an endpoint stands for."""
    kind, _, rest = endpoint.partition(":")
    if kind == "$systems":
        if rest == "*":
            return [EVERY_HOST]
        name, _, function = rest.partition("/")
        system = next(system for system in systems if system.name == name)
        return [group_name(name, one) for one in system.functions if function in ("", one)]
    if endpoint == "$outside:internet":
        return [INTERNET]
    return list(stack.operators) if endpoint == "$outside:operators" else [IPv4Network(endpoint)]


def _permit(
    rules: dict[str, list[PlannedRule]],
    flow: Flow,
    direction: Literal["ingress", "egress"],
    own: str | IPv4Network,
    remote: str | IPv4Network,
) -> None:
    if isinstance(own, str):
        ports: list[int | None] = [*flow.ports] or [None]
        rules[own] += [_rule(direction, remote, flow.protocol, port, flow.why) for port in ports]


def _rule(
    direction: Literal["ingress", "egress"], remote: str | IPv4Network, protocol: Protocol, port: int | None, why: str
) -> PlannedRule:
    side = {"remote_group": remote} if isinstance(remote, str) else {"remote_block": remote}
    word = "from" if direction == "ingress" else "to"
    name = f"{protocol}{'' if port is None else f'-{port}'}-{word}-{remote}"
    return PlannedRule.model_validate(
        {"name": name, "direction": direction, "protocol": protocol, "port": port, "why": why, **side}
    )


def _unique(rules: Sequence[PlannedRule]) -> tuple[PlannedRule, ...]:
    """The first of each; two flows may need the same permission."""
    return tuple({rule.name: rule for rule in reversed(rules)}.values())[::-1]


def resolve_flows(
    group: str, own: IPv4Network, stack: Stack, systems: Sequence[System], addresses: Addresses
) -> tuple[tuple[ResolvedFlow, ...], tuple[ResolvedFlow, ...]]:
    """What may come in to and go out from one host, by address."""
    mine = {group, EVERY_HOST}
    incoming: list[ResolvedFlow] = []
    outgoing: list[ResolvedFlow] = [ResolvedFlow(peer=METADATA, protocol="tcp", ports=(80,))]
    for flow in _flows(systems):
        sources, destinations = _ends(flow.from_, stack, systems), _ends(flow.to, stack, systems)
        for ends, peers, flows in ((destinations, sources, incoming), (sources, destinations, outgoing)):
            if mine.intersection(end for end in ends if isinstance(end, str)):
                blocks = [block for peer in peers for block in (addresses[peer] if isinstance(peer, str) else (peer,))]
                flows += [
                    ResolvedFlow(peer=block, protocol=flow.protocol, ports=tuple(flow.ports))
                    for block in blocks
                    if block != own
                ]
    return tuple(dict.fromkeys(incoming)), tuple(dict.fromkeys(outgoing))
