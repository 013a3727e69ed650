"""What is broken by hand on the real cloud, which points must then fail, and how each is put back.

Nothing here cuts a host off: rules, networks, routers and roles too many, and settings of what no packet passes.
Not broken on a living cloud, but in tests/unit/cloud_audit alone: server groups (members can't be given back), services
(they would have to die), clocks, TLS of the sites, and what the lab lacks anyway (spare machines, HTTPS, detection).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests.lab.conftest import Run

RED = "red"


@dataclass(frozen=True)
class Lab:
    """The cloud as its admin sees it, the hosts, and the ids of the projects by name."""

    cloud: Any
    on: Run
    projects: dict[str, str]

    def group(self, name: str, project: str) -> Any:
        """A security group."""
        return next(iter(self.cloud.network.security_groups(name=name, project_id=self.projects[project])))

    def named(self, kind: str, name: str) -> Any:
        """The one network resource of that name."""
        return next(iter(getattr(self.cloud.network, kind)(name=name)))

    def subnet(self, network: str) -> Any:
        """The IPv4 subnet of a network: one of IPv6 would have a second router announce itself to the hosts."""
        key = self.named("networks", network).id
        return next(iter(self.cloud.network.subnets(network_id=key, ip_version=4)))

    def server(self, name: str) -> Any:
        """A host's server."""
        return next(one for one in self.cloud.compute.servers(all_projects=True) if one.name == name)


Undo = ExitStack


@dataclass(frozen=True)
class Break:
    """What is broken, and the points that must fail by it."""

    points: str
    do: Callable[[Lab, Undo], None]


def breaks(points: str) -> Callable[[Callable[[Lab, Undo], None]], Break]:
    """Make a function a break."""
    return lambda do: Break(points, do)


@contextmanager
def broken(lab: Lab, *tables: ModuleType) -> Iterator[set[tuple[str, str]]]:
    """Everything of these modules broken at once, for as long as it is looked at; the points that must fail."""
    found = [one for table in tables for one in vars(table).values() if isinstance(one, Break)]
    with ExitStack() as undo:
        for one in found:
            one.do(lab, undo)
        named = " ".join(one.points for one in found).split()
        yield {(item, point) for item, _, point in (one.partition(":") for one in named)}
