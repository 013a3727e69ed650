"""What the audit is told about each host: its place in the plan, so that facts judge it and not its own word."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from tests.compliance.catalogue import Frozen, Level

PLATFORM = "platform"  # the cloud itself, where it stands among hosts


class Flow(Frozen):
    """One declared flow; `peer` is the block at the other end: `from` or `to` in the inventory."""

    peer: str = Field(validation_alias=AliasChoices("peer", "from", "to"))
    protocol: str
    ports: tuple[int | str, ...]

    def covers(self, protocol: str, port: int) -> bool:
        """Whether this flow declares the port of that protocol."""
        return self.protocol == protocol and self.has_port(port)

    def has_port(self, port: int) -> bool:
        """Whether this flow declares the port; no port at all means every port."""
        ranges = [str(entry).partition("-") for entry in self.ports]
        return not ranges or any(int(low) <= port <= int(high or low) for low, _, high in ranges)


class Personal(Frozen):
    """Columns of a table that hold personal data, and what they are collected for."""

    table: str
    columns: tuple[str, ...]
    purpose: str


class HostScope(Frozen):
    """One host as the plan knows it."""

    name: str
    groups: tuple[str, ...]
    level: Annotated[Level, BeforeValidator(int)]
    zone: str
    system: str
    owner: str
    site: str
    automation: str
    administrators: tuple[str, ...]
    service_shells: tuple[str, ...]
    terminals: tuple[IPv4Network | IPv6Network, ...] = Field(min_length=1)
    flows_in: tuple[Flow, ...]
    flows_out: tuple[Flow, ...]
    holds_data: bool = False
    rpo_seconds: int = 0
    # SHA-256 of the host's baseline as it is kept off the host.
    baseline: str = ""
    personal: tuple[Personal, ...] = ()
    # Database roles that may use tables with personal columns.
    readers: tuple[str, ...] = ()

    def peers(self, protocol: str, port: int) -> tuple[IPv4Network | IPv6Network, ...]:
        """Whom the plan lets at a port of this host."""
        return tuple(ip_network(flow.peer) for flow in self.flows_in if flow.covers(protocol, port))

    @property
    def names(self) -> frozenset[str]:
        """Names by which a waiver may speak of this host."""
        return frozenset({self.name, "all", *self.groups})


class Scope(Frozen):
    """All hosts of one audit; `names` are all hosts and groups that there are, also those that it leaves out."""

    hosts: tuple[HostScope, ...] = Field(min_length=1)
    names: frozenset[str] = frozenset()


def load_scope(path: Path) -> Scope:
    """Read what the audit playbook wrote."""
    return Scope.model_validate_json(path.read_text(encoding="utf-8"))
