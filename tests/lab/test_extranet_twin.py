"""The extranet on real FRR daemons: who reaches whom, what a router that lies achieves, and how a cut trunk heals.

The twin is the province's routers, one city, all its counties and some townships, on the configuration as generated.
It needs root and Debian's frr, and nothing of the lab.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_interface
from pathlib import Path

import pytest

from infra.extranet.model import Node
from infra.plan.load import load
from lab.twin.control import Twin
from lab.twin.layout import INTERNET, WORLD, host_name
from lab.twin.measure import CUTS, Cut, heal

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "stacks"
CITY, TOWNSHIPS = "360400", 26
# Seconds: far below the hold timer of 30, and shorter than the rest of the stream: never to heal loses all of that.
HEALED = 6.0
SPREAD = 30.0
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("vtysh") is None, reason="needs root and the Debian package frr"
)
FAMILIES = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    with Twin(FACTS, CITY, TOWNSHIPS) as running:
        running.wait()
        yield running


@pytest.fixture(scope="module")
def townships(twin: Twin) -> list[Node]:
    return [node for node in twin.layout.nodes if node.role == "township"]


def own(twin: Twin, name: str, version: int) -> str:
    """A host's address: of its own where it has one, else on its segment."""
    host = twin.hosts[name]
    return next(str(ip_interface(a).ip) for a in (host.own or host.addresses) if ip_interface(a).version == version)


def lan(node: Node) -> str:
    return host_name(node.division, "lan")


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it comes true while routes spread: sessions are up before every router has heard of every network."""
    deadline = time.monotonic() + SPREAD
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def unreached(twin: Twin, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of source and address between which nothing comes to pass."""
    return [pair for pair in pairs if not eventually(partial(twin.reaches, *pair))]


@FAMILIES
def test_a_township_reaches_its_county_other_counties_the_city_and_the_province(
    twin: Twin, townships: list[Node], version: int
) -> None:
    here, elsewhere = townships[0], next(one for one in townships if one.division[:6] != townships[0].division[:6])
    county = next(node for node in twin.layout.nodes if node.division == here.division[:6])
    loopback = next(str(place.ip) for place in county.loopbacks if place.version == version)
    targets = [
        loopback,
        own(twin, lan(elsewhere), version),
        own(twin, host_name(CITY, "zone-shared"), version),
        own(twin, host_name(twin.province, "zone-shared"), version),
    ]
    assert unreached(twin, [(lan(here), target) for target in targets]) == []


@FAMILIES
def test_every_township_is_reached_from_the_province(twin: Twin, townships: list[Node], version: int) -> None:
    source = host_name(twin.province, "zone-shared")
    assert unreached(twin, [(source, own(twin, lan(one), version)) for one in townships]) == []


@FAMILIES
def test_the_dedicated_network_reaches_its_own_plane_alone(twin: Twin, townships: list[Node], version: int) -> None:
    city, province = host_name(CITY, "zone-dedicated"), host_name(twin.province, "zone-dedicated")
    assert unreached(twin, [(city, own(twin, province, version))]) == []
    shared = [lan(townships[0]), host_name(CITY, "zone-shared"), host_name(twin.province, "zone-shared")]
    assert [one for one in shared if twin.reaches(one, own(twin, city, version))] == []
    assert [one for one in shared if twin.reaches(city, own(twin, one, version))] == []


@FAMILIES
def test_the_internet_is_reached_from_its_own_zones_through_the_exit_alone(
    twin: Twin, townships: list[Node], version: int
) -> None:
    world = next(str(ip_interface(a).ip) for a in WORLD if ip_interface(a).version == version)
    zone = host_name(CITY, "zone-public")
    assert unreached(twin, [(zone, world)]) == []
    assert ways_out(twin, version) == [f"{twin.province}-exit"]
    others = [lan(townships[0]), host_name(CITY, "zone-shared"), host_name(CITY, "zone-dedicated")]
    others.append(host_name(twin.province, "zone-shared"))
    assert [one for one in others if twin.reaches(one, world)] == []
    assert [one for one in others if twin.reaches(INTERNET, own(twin, one, version))] == []


def ways_out(twin: Twin, version: int) -> list[str]:
    """The routers with a default route that isn't learnt from another."""
    family = "-4" if version == 4 else "-6"
    found = []
    for name in twin.layout.namespaces:
        if name.startswith("h-") or name == INTERNET:
            continue
        routes = twin.run(name, ["ip", family, "route", "show", "default"])
        if routes.strip() and "proto bgp" not in routes:
            found.append(name)
    return found


class Liar:
    """A township's router in wrong hands: it announces what isn't its own, and has no filter that would stop it."""

    def __init__(self, twin: Twin, node: Node, blocks: list[str], version: int) -> None:
        self.twin, self.node, self.version, self.blocks = twin, node, version, blocks
        self.family = "ip" if version == 4 else "ipv6"
        self.unicast = f"address-family ipv{version} unicast"

    def __enter__(self) -> "Liar":
        self.twin.vtysh(
            self.node.name,
            "configure terminal",
            *(f"{self.family} route {block} blackhole" for block in self.blocks),
            f"router bgp {self.node.asn}",
            "no bgp ebgp-requires-policy",
            self.unicast,
            *(f"network {block}" for block in self.blocks),
            "no neighbor above prefix-list own-shared out",
            "no neighbor above route-map sane out",
        )
        self.twin.vtysh(self.node.name, f"clear bgp ipv{self.version} unicast * soft out")
        assert eventually(lambda: set(self.blocks) <= self.announced())
        time.sleep(2)
        return self

    def __exit__(self, *_: object) -> None:
        self.twin.vtysh(
            self.node.name,
            "configure terminal",
            f"router bgp {self.node.asn}",
            "bgp ebgp-requires-policy",
            self.unicast,
            *(f"no network {block}" for block in self.blocks),
            "neighbor above prefix-list own-shared out",
            "neighbor above route-map sane out",
            "exit",
            "exit",
            *(f"no {self.family} route {block} blackhole" for block in self.blocks),
        )
        self.twin.wait()

    def announced(self) -> set[str]:
        """What leaves the township."""
        shown = self.twin.show(
            self.node.name, f"show bgp ipv{self.version} unicast neighbors uplink1 advertised-routes"
        )
        return set(shown.get("advertisedRoutes", {}))

    def believed(self, router: str) -> set[str]:
        """The lies that a router has in its table with this township as their origin."""
        table = self.twin.show(router, f"show bgp ipv{self.version} unicast").get("routes", {})
        return {
            block
            for block in self.blocks
            if any(path["path"].split()[-1:] == [str(self.node.asn)] for path in table.get(block, []))
        }


def lies(victim: Node, version: int) -> list[str]:
    """Another township's block and a part of it, the city's, all of the Internet, and the inner network's."""
    facts = load(FACTS)
    block = next(b for b in victim.tables[0].networks if b.version == version)
    city = next(entry.network for entry in facts.ledger.entries if entry.key == CITY and entry.version == version)
    inner = next(one for one in facts.network.inner_network if one.version == version)
    part = next(block.subnets(prefixlen_diff=1))
    return [str(one) for one in (block, part, city, "0.0.0.0/0" if version == 4 else "::/0", inner)]


@pytest.fixture(scope="module")
def neighbours(townships: list[Node]) -> tuple[Node, Node]:
    """Two townships of one county."""
    first = townships[0]
    return first, next(one for one in townships[1:] if one.division[:6] == first.division[:6])


@FAMILIES
def test_a_township_that_announces_what_is_anothers_is_refused(
    twin: Twin, neighbours: tuple[Node, Node], version: int
) -> None:
    liar, victim = neighbours
    with Liar(twin, liar, lies(victim, version), version) as lie:
        for router in (liar.division[:6], CITY, f"{twin.province}-core-1", f"{twin.province}-core-2", victim.name):
            assert lie.believed(router) == set(), router
        assert unreached(twin, [(host_name(twin.province, "zone-shared"), own(twin, lan(victim), version))]) == []


@FAMILIES
def test_the_same_lie_succeeds_without_the_countys_filter(
    twin: Twin, neighbours: tuple[Node, Node], version: int
) -> None:
    liar, victim = neighbours
    county = next(node for node in twin.layout.nodes if node.division == liar.division[:6])
    port = next(end[1] for link in twin.layout.wires for end in link if end[0] == county.name and is_of(link, liar))
    base = ["configure terminal", f"router bgp {county.asn}", f"address-family ipv{version} unicast"]
    part = lies(victim, version)[1]
    twin.vtysh(county.name, *base, f"no neighbor {port} prefix-list {port} in")
    try:
        with Liar(twin, liar, [part], version) as lie:
            assert eventually(lambda: lie.believed(county.name) == {part})
    finally:
        twin.vtysh(county.name, *base, f"neighbor {port} prefix-list {port} in")
        twin.vtysh(county.name, f"clear bgp ipv{version} unicast {port} soft in")


def is_of(wire: tuple[tuple[str, str], tuple[str, str]], node: Node) -> bool:
    return any(end[0] == node.name for end in wire)


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_trunk_heals(twin: Twin, cut: Cut) -> None:
    outage = heal(twin, CITY, cut)
    assert outage.lost > 0 or cut == "link down"
    assert outage.seconds <= HEALED


def test_nothing_of_a_twin_is_seen_from_the_machine(twin: Twin) -> None:
    links = {path.name for path in Path("/sys/class/net").iterdir()}
    assert not {end[1] for wire in twin.layout.wires for end in wire} & links
    assert not set(twin.layout.namespaces) & {path.name for path in Path("/run/netns").glob("*")}


def test_another_province_works_the_same() -> None:
    """Its only city has a dedicated zone alone, and there is no exit."""
    with Twin(ROOT / "tests" / "lab" / "province", "460100", 2) as small:
        small.wait()
        one, other = [lan(node) for node in small.layout.nodes if node.role == "township"]
        assert unreached(small, [(one, own(small, other, version)) for version in (4, 6)]) == []
        assert [v for v in (4, 6) if small.reaches(one, own(small, host_name("460100", "zone-dedicated"), v))] == []
    assert not Path(f"/proc/{small.first}").exists()
