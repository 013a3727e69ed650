"""The cloud at one moment, frozen: checks are pure functions over this, the plan, and what hosts answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Never, Self

from tests.compliance.judge import UnreadableError
from tests.compliance.platform import seen
from tests.compliance.verdicts import Evidence


def reason(problem: Exception) -> str:
    """One line for a report."""
    return " ".join(f"{type(problem).__name__}: {problem}".split())[:300]


class Unread(tuple[Any, ...]):
    """Stands for what could not be read: whoever looks into it is told why, instead of finding nothing there."""

    reason: str

    def __new__(cls, reason: str) -> Self:
        """Nothing, and the reason."""
        made = super().__new__(cls)
        made.reason = reason
        return made

    def _tell(self, *_: object) -> Never:
        raise UnreadableError(self.reason)

    __iter__ = __len__ = __contains__ = __getitem__ = __getattr__ = _tell


@dataclass(frozen=True)
class Try:
    """One attempt to read what is somebody else's: `found` names what was given away, nothing when it was refused."""

    who: str
    what: str
    status: int
    found: tuple[str, ...] = ()

    @property
    def crossed(self) -> bool:
        """Whether the border was crossed."""
        return bool(self.found)

    @property
    def told(self) -> str:
        """One line of evidence."""
        leak = f" 泄露 gave away {'、'.join(self.found[:5])}" if self.crossed else ""
        return f"{self.who}: {self.what} → {self.status}{leak}"


@dataclass(frozen=True)
class Snapshot:
    """Everything that was seen, by source; the fields' names are the sources' names.

    `unread` says why a source could not be read (its field is then `Unread`), `unreachable` why none could; `asker` is
    the id of the user who asked.
    """

    started: datetime
    ended: datetime
    asker: str = ""
    unreachable: str = ""
    readings: Mapping[str, Evidence] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    domains: tuple[seen.Domain, ...] = ()
    projects: tuple[seen.Project, ...] = ()
    users: tuple[seen.User, ...] = ()
    assignments: tuple[seen.Assignment, ...] = ()
    catalogue: tuple[seen.Service, ...] = ()
    endpoints: tuple[seen.Endpoint, ...] = ()
    networks: tuple[seen.Network, ...] = ()
    subnets: tuple[seen.Subnet, ...] = ()
    ports: tuple[seen.Port, ...] = ()
    routers: tuple[seen.Router, ...] = ()
    floating: tuple[seen.FloatingAddress, ...] = ()
    groups: tuple[seen.Group, ...] = ()
    rules: tuple[seen.Rule, ...] = ()
    sharing: tuple[seen.Sharing, ...] = ()
    agents: tuple[seen.Agent, ...] = ()
    extensions: tuple[seen.Extension, ...] = ()
    servers: tuple[seen.Server, ...] = ()
    server_groups: tuple[seen.ServerGroup, ...] = ()
    hypervisors: tuple[seen.Hypervisor, ...] = ()
    services: tuple[seen.Agent, ...] = ()
    images: tuple[seen.Image, ...] = ()
    network_quotas: tuple[seen.Quota, ...] = ()
    compute_quotas: tuple[seen.Quota, ...] = ()
    actions: Mapping[str, tuple[seen.Action, ...]] = field(default_factory=dict)
    deleted: Mapping[str, tuple[seen.Action, ...]] = field(default_factory=dict)
    crossing: tuple[Try, ...] = ()
    own_views: tuple[Try, ...] = ()
    anonymous: tuple[Try, ...] = ()
    clocks: Mapping[str, float] = field(default_factory=dict)
    handshakes: Mapping[str, str] = field(default_factory=dict)

    @property
    def clear_endpoints(self) -> list[str]:
        """Addresses at which services are asked in clear text."""
        return sorted({one.url for one in self.endpoints if not one.url.startswith("https://")})
