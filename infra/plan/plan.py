"""The plan: everything that components build, decided. Components translate it and invent nothing."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal

from pydantic import BaseModel, ConfigDict

from infra.plan.base import Block, Level, Protocol, Version, Zone
from infra.plan.sites import Site
from infra.plan.stack import Quota, Stack
from infra.plan.systems import System


class Planned(BaseModel):
    """A decided thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedProject(Planned):
    """A department's Keystone project."""

    name: str
    title: str
    quota: Quota
    hosts_servers: bool


class PlannedDomain(Planned):
    """A city's, or the province's, Keystone domain."""

    name: str
    title: str
    division: str
    projects: tuple[PlannedProject, ...]


class Labels(Planned):
    """What every resource is tagged with."""

    system: str
    owner: str
    level: Level
    zone: str

    def tags(self) -> list[str]:
        """As Neutron and Nova tags."""
        return sorted(f"{key}={value}" for key, value in self.model_dump().items())


class PlannedSegment(Planned):
    """A network with a subnet of each family."""

    key: str
    name: str
    project: str
    labels: Labels
    cidr: IPv4Network
    gateway: IPv4Address
    pool: tuple[IPv4Address, IPv4Address]
    cidr6: IPv6Network
    gateway6: IPv6Address
    pool6: tuple[IPv6Address, IPv6Address]
    router: str


class PlannedRoute(Planned):
    """What a router reaches through another, both of one family."""

    destination: Block
    next_hop: IPv4Address | IPv6Address


class PlannedRouter(Planned):
    """A router with the segments that it is gateway of."""

    name: str
    project: str
    labels: Labels
    exit: bool
    segments: tuple[str, ...]
    routes: tuple[PlannedRoute, ...]
    routes6: tuple[PlannedRoute, ...]


class PlannedLink(Planned):
    """A point-to-point network between two routers; its IPv6 ends are one /127 of the /64 (RFC 6164)."""

    name: str
    project: str
    labels: Labels
    cidr: IPv4Network
    ends: tuple[tuple[str, IPv4Address], ...]
    cidr6: IPv6Network
    ends6: tuple[tuple[str, IPv6Address], ...]

    @property
    def dual_ends(self) -> tuple[tuple[str, IPv4Address, IPv6Address], ...]:
        """Each end with its address of either family."""
        other = dict(self.ends6)
        return tuple((end, address, other[end]) for end, address in self.ends)


class PlannedCrossing(Planned):
    """A point-to-point network to a router of another stack, as this stack's end sees it.

    `routes` go into the table of `router`; what the stack's other routers reach through it is among their own routes.
    """

    name: str
    project: str
    labels: Labels
    router: str
    stack: str
    peer: str
    cidr: IPv4Network
    address: IPv4Address
    peer_address: IPv4Address
    cidr6: IPv6Network
    address6: IPv6Address
    peer_address6: IPv6Address
    routes: tuple[PlannedRoute, ...]
    routes6: tuple[PlannedRoute, ...]

    @property
    def link(self) -> PlannedLink:
        """The network itself, which the stack above makes; so this is for a way down."""
        return PlannedLink(
            name=self.name,
            project=self.project,
            labels=self.labels,
            cidr=self.cidr,
            ends=(("above", self.address), ("below", self.peer_address)),
            cidr6=self.cidr6,
            ends6=(("above", self.address6), ("below", self.peer_address6)),
        )


class PlannedTenancy(Planned):
    """What a stack makes for one below: its domain, its router at the link, and the blocks of all its subnets."""

    stack: str
    domain: PlannedDomain
    router: str
    owner: str
    labels: Labels
    pool: tuple[Block, ...]


class PlannedAddressGroup(Planned):
    """The hosts of other stacks that one rule is about."""

    name: str
    project: str
    labels: Labels
    blocks: tuple[Block, ...]


class PlannedRule(Planned):
    """One permission of a security group in one family; one of the `remote_*` is the other side.

    `name` says what is permitted: where the other side has addresses of both families, two rules have the same.
    """

    name: str
    version: Version
    direction: Literal["ingress", "egress"]
    protocol: Protocol
    port: int | None
    remote_group: str | None = None
    remote_block: Block | None = None
    remote_address_group: str | None = None
    why: str


class PlannedSecurityGroup(Planned):
    """Everything that its members may do; nothing else passes."""

    name: str
    project: str
    labels: Labels
    rules: tuple[PlannedRule, ...]


class ResolvedFlow(Planned):
    """A flow as one host sees it, for its own firewall."""

    peer: Block
    protocol: Protocol
    ports: tuple[int, ...]


class PlannedHost(Planned):
    """One server with its one address of each family."""

    name: str
    address: IPv4Address
    address6: IPv6Address
    flows_in: tuple[ResolvedFlow, ...]
    flows_out: tuple[ResolvedFlow, ...]


class PlannedHostGroup(Planned):
    """Hosts of one function."""

    name: str
    functions: tuple[str, ...]
    system: str
    project: str
    division: str
    site: Literal["primary", "recovery"]
    zone: Zone
    labels: Labels
    segment: str
    security_groups: tuple[str, ...]
    flavor: str
    image: str
    holds_data: bool
    floating_address: bool
    virtual_address: IPv4Address | None
    virtual_address6: IPv6Address | None
    virtual_address_name: str | None
    hosts: tuple[PlannedHost, ...]

    @property
    def function(self) -> str:
        """What the group is named after; `functions` has what its hosts do besides."""
        return self.functions[0]


class Plan(Planned):
    """One stack, decided."""

    name: str
    stack: Stack
    domains: tuple[PlannedDomain, ...]
    tenancies: tuple[PlannedTenancy, ...]
    pool: tuple[Block, ...]
    segments: tuple[PlannedSegment, ...]
    links: tuple[PlannedLink, ...]
    uplink: PlannedCrossing | None
    downlinks: tuple[PlannedCrossing, ...]
    routers: tuple[PlannedRouter, ...]
    address_groups: tuple[PlannedAddressGroup, ...]
    security_groups: tuple[PlannedSecurityGroup, ...]
    host_groups: tuple[PlannedHostGroup, ...]
    systems: tuple[System, ...]
    sites: tuple[Site, ...]
    extranet: tuple[IPv4Network, ...]
    extranet6: tuple[IPv6Network, ...]
    inner_network: tuple[Block, ...]
    zones: dict[str, IPv4Network]
    zones6: dict[str, IPv6Network]
    mirror_url: str

    @property
    def login(self) -> str:
        """The entry of clouds.yaml: the cloud's admin, or below another stack the manager of the stack's own domain."""
        return self.name if self.stack.uplink else self.stack.cloud

    @property
    def crossings(self) -> tuple[PlannedCrossing, ...]:
        """All links to other stacks."""
        return (*((self.uplink,) if self.uplink else ()), *self.downlinks)
