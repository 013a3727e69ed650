"""Which part of the extranet the twin has, and what stands in for its machines and wires: a pure choice.

The kernel may lack VRF devices and 802.1Q: each VRF is a network namespace of its own, which FRR takes just as well,
and each sub-interface a wire of its own. The configuration files are those of the routers, to the byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from infra.extranet.model import Attachment, Node
from infra.extranet.numbers import FIREWALL, place
from infra.extranet.plan import Extranet, plan
from infra.plan.divisions import Divisions
from infra.plan.load import load
from lab.openstack.shell import LabError

INTERNET = "internet"
# RFC 5737 and RFC 3849: the provider's link, and an address that stands for all of the Internet.
PROVIDER = ("203.0.113.1/30", "2001:db8::1/126")
CUSTOMER = ("203.0.113.2/30", "2001:db8::2/126")
WORLD = ("198.51.100.1/32", "2001:db8:ffff::1/128")
HOST = 10  # a host's place in a township's network or in a zone


@dataclass(frozen=True)
class Host:
    """A machine without routing: behind which router interfaces it is, its addresses there and of its own."""

    name: str
    ports: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    own: tuple[str, ...]
    gateways: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """Routers, wires between (namespace, interface) pairs, and hosts."""

    nodes: tuple[Node, ...]
    wires: tuple[tuple[tuple[str, str], tuple[str, str]], ...]
    hosts: tuple[Host, ...]

    @property
    def namespaces(self) -> list[str]:
        """All network namespaces."""
        tables = [namespace(node.name, table.vrf) for node in self.nodes for table in node.tables]
        return [*tables, *(host.name for host in self.hosts)]


def namespace(router: str, vrf: str | None) -> str:
    """Where one of a router's tables is."""
    return f"{router}.{vrf}" if vrf else router


def plan_layout(facts: Path, city: str, townships: int) -> Layout:
    """The twin of a folder of facts."""
    world = load(facts)
    return choose(plan(world), world.divisions, city, townships)


def choose(extranet: Extranet, divisions: Divisions, city: str, townships: int) -> Layout:
    """The province's routers, one city, all its counties, and townships from each county in turn."""
    if city not in divisions or divisions[city].level != "city":
        known = ", ".join(code for code, division in divisions.by_code.items() if division.level == "city")
        raise LabError(f"没有该市 no such city: {city}; there are: {known}")
    below: dict[str, list[str]] = {}
    for code, division in sorted(divisions.by_code.items()):
        below.setdefault(division.parent, []).append(code)
    counties = below.get(city, [])
    turns = chain.from_iterable(zip_longest(*(below.get(county, []) for county in counties)))
    chosen = {city, *counties, *[code for code in turns if code][:townships], divisions.lineage(city)[-1].code}
    nodes = {node.name: node for node in extranet.nodes if node.division in chosen}
    table_of = {
        (n.name, session.interface): table.vrf
        for n in nodes.values()
        for table in n.tables
        for session in table.sessions
    }
    wires = []
    for link in extranet.links:
        if all(name in nodes for name, _ in link.ends):
            one, other = ((namespace(name, table_of[name, port]), port) for name, port in link.ends)
            wires.append((one, other))
    hosts = [*_hosts(list(nodes.values())), *(_world(node) for node in nodes.values() if node.role == "exit")]
    return Layout(tuple(nodes.values()), tuple(wires), tuple(hosts))


def _hosts(nodes: list[Node]) -> Iterator[Host]:
    """One behind every network and zone, joined to each router that this has."""
    found: dict[str, list[tuple[str, Attachment]]] = {}
    for node in nodes:
        for table in node.tables:
            for attachment in table.attachments:
                name = host_name(node.division, attachment.interface)
                found.setdefault(name, []).append((namespace(node.name, table.vrf), attachment))
    for name, places in found.items():
        ports = tuple((space, attachment.interface) for space, attachment in places)
        first = places[0][1]
        at = FIREWALL if first.routes else HOST
        yield Host(
            name=name,
            ports=ports,
            addresses=tuple(str(place(router.network, at, router.network.prefixlen)) for router in first.places),
            own=tuple(str(place(block, HOST, block.max_prefixlen)) for block, _ in first.routes),
            gateways=tuple(str(router.ip) for router in first.places),
        )


def _world(node: Node) -> Host:
    """The Internet, as one machine at the provider."""
    gateways = tuple(customer.partition("/")[0] for customer in CUSTOMER)
    return Host(INTERNET, ((node.name, INTERNET),), PROVIDER, WORLD, gateways)


def host_name(division: str, interface: str) -> str:
    """The namespace of the host behind a router's interface."""
    return f"h-{division}-{interface}"
