"""Spare parts: who is kept apart from whom, and which services have nobody to take over."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.compliance.platform.seen import Server
from tests.compliance.platform.territory import Territory

APART = {"anti-affinity", "soft-anti-affinity"}


def pairs(t: Territory) -> Iterator[tuple[str, list[Server]]]:
    """Planned groups of several hosts, with the servers that the cloud has of them."""
    found: dict[str, list[Server]] = defaultdict(list)
    for server in t.cloud.servers:
        if place := t.hosts.get((server.project_id, server.name)):
            found[place[0].name].append(server)
    for group in t.plan.host_groups:
        if len(group.hosts) > 1:
            yield group.name, found[group.name]


def kept_apart(t: Territory) -> Iterator[str]:
    """Planned groups whose servers are not together in a server group that keeps them apart."""
    groups = [set(one.members) for one in t.cloud.server_groups if APART & set(one.policies)]
    for name, servers in pairs(t):
        members = {server.id for server in servers}
        if not members or not any(members <= group for group in groups):
            yield name


def apart(t: Territory) -> Iterator[str]:
    """Planned groups with two servers on one machine."""
    for name, servers in pairs(t):
        counts = Counter(server.hypervisor for server in servers)
        yield from (f"{name} 有 {count} 台在 {machine}" for machine, count in counts.items() if count > 1)


def single_services(t: Territory) -> Iterator[str]:
    """Services that run once."""
    counts = Counter(one.binary for one in (*t.cloud.agents, *t.cloud.services) if one.alive)
    yield from sorted(f"{name} 只有一个" for name, count in counts.items() if count == 1)


def dead(t: Territory) -> Iterator[str]:
    """Services and machines that don't report."""
    yield from (f"{one.binary}@{one.host}" for one in (*t.cloud.agents, *t.cloud.services) if not one.alive)
    yield from (one.name for one in t.cloud.hypervisors if one.state != "up")
