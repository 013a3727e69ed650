"""What of the cloud is the stack's own, and under which names: planned things are found by project and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from infra.plan.plan import Plan, PlannedHost, PlannedHostGroup
from tests.compliance.platform.seen import Network, Owned, Port, Router
from tests.compliance.platform.snapshot import Snapshot

T = TypeVar("T", bound=Owned)


@dataclass(frozen=True)
class Territory:
    """A plan held against a snapshot."""

    plan: Plan
    cloud: Snapshot

    @cached_property
    def projects(self) -> dict[str, str]:
        """Ids of the planned projects that the cloud has, by name."""
        known = {label: key for key, label in self.labels.items()}
        planned = ((domain.name, project.name) for domain in self.plan.domains for project in domain.projects)
        return {name: known[f"{domain}/{name}"] for domain, name in planned if f"{domain}/{name}" in known}

    @cached_property
    def labels(self) -> dict[str, str]:
        """`domain/project` of every project seen, by id."""
        domains = {domain.id: domain.name for domain in self.cloud.domains}
        return {one.id: f"{domains.get(one.domain_id, one.domain_id)}/{one.name}" for one in self.cloud.projects}

    @cached_property
    def below(self) -> frozenset[str]:
        """Projects of stacks below: each is judged in that stack's own audit."""
        domains = {tenancy.domain.name for tenancy in self.plan.tenancies}
        return frozenset(key for key, label in self.labels.items() if label.partition("/")[0] in domains)

    def own(self, things: Iterable[T]) -> list[T]:
        """Those in the stack's projects."""
        mine = set(self.projects.values())
        return [one for one in things if one.project_id in mine]

    def judged(self, things: Iterable[T]) -> list[T]:
        """Those that this audit answers for: everything seen but what stacks below have."""
        return [one for one in things if one.project_id not in self.below]

    def told(self, thing: Owned) -> str:
        """As a report names a thing."""
        return f"{self.labels.get(thing.project_id, thing.project_id or '-')}: {thing.name or thing.id}"

    @cached_property
    def hosts(self) -> dict[tuple[str, str], tuple[PlannedHostGroup, PlannedHost]]:
        """Planned hosts by project id and name."""
        return {
            (self.projects.get(group.project, ""), host.name): (group, host)
            for group in self.plan.host_groups
            for host in group.hosts
        }

    @cached_property
    def networks(self) -> dict[str, Network]:
        """Networks by id."""
        return {one.id: one for one in self.cloud.networks}

    @cached_property
    def planned_networks(self) -> dict[str, str]:
        """Ids of the planned segments' networks by segment key."""
        found = {(one.project_id, one.name): one.id for one in self.cloud.networks}
        places = ((one.key, (self.projects.get(one.project, ""), one.name)) for one in self.plan.segments)
        return {key: found[place] for key, place in places if place in found}

    @cached_property
    def exits(self) -> set[tuple[str, str]]:
        """Project id and name of each router that may have a gateway."""
        return {(self.projects.get(one.project, ""), one.name) for one in self.plan.routers if one.exit}

    @cached_property
    def planned_routers(self) -> dict[str, Router]:
        """The planned routers that the cloud has, by name."""
        places = {(self.projects.get(one.project, ""), one.name) for one in self.plan.routers}
        return {one.name: one for one in self.cloud.routers if (one.project_id, one.name) in places}

    def host_ports(self) -> Iterator[tuple[PlannedHostGroup, PlannedHost, Port | None]]:
        """Each planned host with its port, where the cloud has it."""
        found = {(port.project_id, port.name): port for port in self.cloud.ports}
        for place, (group, host) in self.hosts.items():
            yield group, host, found.get(place)
