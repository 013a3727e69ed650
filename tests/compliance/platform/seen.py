"""The cloud's things as its APIs show them: only the fields that checks need, so that no secret gets into evidence."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

Block = IPv4Network | IPv6Network
OWNER = AliasChoices("project_id", "tenant_id", "owner")
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "112": "vrrp", "icmpv6": "ipv6-icmp"}

Text = Annotated[str, BeforeValidator(lambda value: value or "")]


class Seen(BaseModel):
    """A part of an answer; what is not named here is not kept."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @property
    def told(self) -> str:
        """One line of evidence."""
        return self.model_dump_json(exclude_defaults=True)


class Owned(Seen):
    """Something of a project."""

    id: str
    name: Text = ""
    project_id: Text = Field("", validation_alias=OWNER)


class Domain(Seen):
    """A Keystone domain."""

    id: str
    name: str


class Project(Seen):
    """A Keystone project."""

    id: str
    name: str
    domain_id: str
    enabled: bool = True


class User(Seen):
    """Who can log in."""

    id: str
    name: str
    domain_id: str
    enabled: bool = True


class Assignment(Seen):
    """Who has which role where; names as keystone gives them with `include_names`."""

    role: str = Field(validation_alias=AliasPath("role", "name"))
    user: Text = Field("", validation_alias=AliasPath("user", "name"))
    group: Text = Field("", validation_alias=AliasPath("group", "name"))
    user_domain: Text = Field("", validation_alias=AliasPath("user", "domain", "name"))
    project: Text = Field("", validation_alias=AliasPath("scope", "project", "name"))
    project_domain: Text = Field("", validation_alias=AliasPath("scope", "project", "domain", "name"))
    domain: Text = Field("", validation_alias=AliasPath("scope", "domain", "name"))
    system: bool = Field(False, validation_alias=AliasPath("scope", "system", "all"))

    @property
    def who(self) -> str:
        """As a report names whoever has the role."""
        return f"{self.user_domain}/{self.user}" if self.user else f"group {self.group}"

    @property
    def where(self) -> str:
        """As a report names where it holds."""
        if self.system:
            return "system"
        return f"{self.project_domain}/{self.project}" if self.project else f"domain {self.domain}"


class Endpoint(Seen):
    """Where a service is reached."""

    service_id: str
    interface: str
    url: str
    region: Text = ""


class Service(Seen):
    """An entry of the catalogue."""

    id: str
    name: Text = ""
    type: str


class Network(Owned):
    """A network."""

    external: bool = Field(False, validation_alias=AliasChoices("router:external", "external"))
    shared: bool = False
    port_security_enabled: bool = True
    tags: tuple[str, ...] = ()


class Subnet(Owned):
    """A subnet of either family."""

    network_id: str
    cidr: Block
    gateway_ip: str | None = None
    tags: tuple[str, ...] = ()


class Port(Owned):
    """A port with what it may send and what filters it."""

    network_id: str
    device_owner: Text = ""
    device_id: Text = ""
    fixed_ips: tuple[dict[str, str], ...] = ()
    security_groups: tuple[str, ...] = ()
    port_security_enabled: bool = True
    allowed_address_pairs: tuple[dict[str, str], ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its fixed addresses."""
        return tuple(each["ip_address"] for each in self.fixed_ips)

    @property
    def is_the_clouds_own(self) -> bool:
        """Made by Neutron for a router, DHCP or a floating address."""
        return self.device_owner.startswith("network:")


class Gateway(Seen):
    """A router's way out."""

    network_id: str
    enable_snat: bool = True


class Route(Seen):
    """An entry of a router's table."""

    destination: str
    nexthop: str

    @property
    def line(self) -> str:
        """As a report names it."""
        return f"{self.destination} → {self.nexthop}"


class Router(Owned):
    """A router; `ha` is known to admins alone."""

    gateway: Gateway | None = Field(None, validation_alias=AliasChoices("external_gateway_info", "gateway"))
    routes: tuple[Route, ...] = ()
    ha: bool | None = None


class FloatingAddress(Owned):
    """An address on the Internet's side."""

    address: str = Field(validation_alias=AliasChoices("floating_ip_address", "address"))
    port_id: Text = ""


class Group(Owned):
    """A security group."""

    stateful: bool = True


def _protocol(value: Any) -> str:
    text = str(value or "").lower()
    return NUMBERS.get(text, text)


class Rule(Owned):
    """A permission; there are no refusals in a security group."""

    security_group_id: str
    direction: str
    ethertype: str
    protocol: Annotated[str, BeforeValidator(_protocol)] = ""
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: Block | None = None
    remote_group_id: Text = ""
    remote_address_group_id: Text = ""

    @property
    def open_to_all(self) -> bool:
        """Whether no side is named, or one that is everybody."""
        named = self.remote_group_id or self.remote_address_group_id
        return not named and self.remote_ip_prefix in (None, *ANYWHERE)


class Sharing(Owned):
    """What one project lets another use (RBAC)."""

    object_type: str
    object_id: str
    action: str
    target: str = Field(validation_alias=AliasChoices("target_tenant", "target_project", "target"))


class Agent(Seen):
    """A network agent, or a service of Nova's, as it reports itself."""

    binary: str
    host: str
    alive: Annotated[bool, BeforeValidator(lambda value: value in (True, "up"))] = Field(
        validation_alias=AliasChoices("alive", "state")
    )


class Extension(Seen):
    """What Neutron can do."""

    alias: str


class Server(Owned):
    """An instance; its first-boot data hold its private key and are never read."""

    status: str
    image: Annotated[str, BeforeValidator(lambda value: value["id"] if isinstance(value, dict) else value or "")] = ""
    metadata: dict[str, str] = {}
    hypervisor: Text = Field("", validation_alias=AliasChoices("OS-EXT-SRV-ATTR:hypervisor_hostname", "hypervisor"))


class ServerGroup(Owned):
    """Servers that are kept apart, or together."""

    policies: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class Hypervisor(Seen):
    """A machine that runs servers."""

    name: str = Field(validation_alias=AliasChoices("hypervisor_hostname", "name"))
    state: str = "up"


class Action(Seen):
    """What was done to a server, by whom and when."""

    action: str
    start_time: Text = ""
    user_id: Text = ""
    request_id: Text = ""


class Image(Owned):
    """An image or snapshot."""

    status: str
    visibility: str = "private"
    os_hash_algo: Text = ""
    os_hash_value: Text = ""
    image_type: Text = ""


class Quota(Seen):
    """A project's limits in the words of the plan's `Quota`; -1 is none at all."""

    project_id: str
    limits: dict[str, int]
