"""What a node of the extranet is told: addresses, tables, sessions and filters, before any vendor's syntax."""

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network
from typing import Literal

Block = IPv4Network | IPv6Network
Place = IPv4Interface | IPv6Interface
Role = Literal["core", "exit", "city", "county", "township"]


@dataclass(frozen=True)
class Permit:
    """A block that a filter lets pass, with its parts down to the `longest` prefix."""

    block: Block
    longest: int

    @property
    def words(self) -> str:
        """As a prefix-list has it."""
        return f"{self.block}" + (f" le {self.longest}" if self.longest > self.block.prefixlen else "")


@dataclass(frozen=True)
class Filter:
    """A list of what may pass; all else is refused."""

    name: str
    permits: tuple[Permit, ...]

    def of(self, version: int) -> list[Permit]:
        """Those of one family."""
        return [permit for permit in self.permits if permit.block.version == version]


@dataclass(frozen=True)
class Group:
    """Sessions that are treated alike. Without `accept` each member has a filter of its interface's name."""

    name: str
    announce: str
    accept: str | None
    most: int
    trunk: bool = True
    internal: bool = False


@dataclass(frozen=True)
class Session:
    """One BGP session, over the only neighbour of an interface; without a number any foreign AS is let in."""

    interface: str
    group: str
    remote_as: int | None


@dataclass(frozen=True)
class Attachment:
    """An interface to what a division has itself, and the blocks that are reached by a next hop on it."""

    interface: str
    places: tuple[Place, ...]
    routes: tuple[tuple[Block, str], ...] = ()


@dataclass(frozen=True)
class Table:
    """One routing table: that of the shared plane is the node's own, each other plane has a VRF."""

    plane: str
    vrf: str | None
    discards: tuple[Block, ...]
    networks: tuple[Block, ...]
    attachments: tuple[Attachment, ...]
    groups: tuple[Group, ...]
    sessions: tuple[Session, ...]

    def accepts(self, session: Session) -> str:
        """The name of the filter of what comes in over a session."""
        return next(group.accept for group in self.groups if group.name == session.group) or session.interface

    @property
    def singled(self) -> list[Session]:
        """The sessions with a filter of their own."""
        return [session for session in self.sessions if self.accepts(session) == session.interface]


@dataclass(frozen=True)
class Node:
    """One router."""

    name: str
    division: str
    title: str
    role: Role
    asn: int
    loopbacks: tuple[Place, ...]
    tables: tuple[Table, ...]
    filters: tuple[Filter, ...]
    never: Filter

    @property
    def router_id(self) -> str:
        """Its own IPv4 address."""
        return str(next(place.ip for place in self.loopbacks if place.version == 4))


@dataclass(frozen=True)
class Link:
    """Two interfaces that are one wire, each as (node, interface); `plane` names the table that both belong to."""

    plane: str
    ends: tuple[tuple[str, str], tuple[str, str]]
