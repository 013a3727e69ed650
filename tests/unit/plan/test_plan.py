"""What the plan decides for the real facts: who reaches whom, where hosts stand, and what a change moves."""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import networkx as nx
import pytest

from infra.plan.addresses import allocate
from infra.plan.base import VERSIONS, Version
from infra.plan.build import build_plan
from infra.plan.flows import EVERY_HOST
from infra.plan.load import load, load_unproved
from infra.plan.plan import Plan, PlannedHost, PlannedRule
from infra.plan.security import METADATA
from tests.unit.plan.conftest import ROOT, Spoil


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(load(ROOT / "stacks"), "lab")


def hosts(plan: Plan) -> dict[str, PlannedHost]:
    return {host.name: host for group in plan.host_groups for host in group.hosts}


def rules(plan: Plan, group: str) -> dict[str, PlannedRule]:
    return {f"{r.direction} {r.name}": r for g in plan.security_groups if g.name == group for r in g.rules}


def test_every_host_has_an_address_of_its_own_in_its_segment(plan: Plan) -> None:
    segments = {segment.key: segment for segment in plan.segments}
    taken: list[IPv4Address | IPv6Address] = []
    for group in plan.host_groups:
        segment = segments[group.segment]
        own = [(host.address, host.address6) for host in group.hosts]
        if group.virtual_address and group.virtual_address6:
            own.append((group.virtual_address, group.virtual_address6))
        assert all(one in segment.cidr and six in segment.cidr6 for one, six in own)
        assert all(one not in (segment.gateway, *segment.pool) and one < segment.pool[0] for one, _ in own)
        assert all(six not in (segment.gateway6, *segment.pool6) and six < segment.pool6[0] for _, six in own)
        taken += [address for pair in own for address in pair]
    assert len(taken) == len(set(taken))


def test_one_router_has_the_exit_and_the_bastion_and_gateways_stand_there(plan: Plan) -> None:
    exits = [router for router in plan.routers if router.exit]
    assert [router.name for router in exits] == ["exit"]
    floating = {group.segment for group in plan.host_groups if group.floating_address}
    assert floating == set(exits[0].segments)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_router_reaches_every_zone_of_the_others_and_nothing_else(plan: Plan, version: Version) -> None:
    """Followed hop by hop, as a packet would go."""
    owner = {address: router for link in plan.links for router, address in (*link.ends, *link.ends6)}
    by_name = {router.name: router for router in plan.routers}
    routes = {router.name: router.routes if version == 4 else router.routes6 for router in plan.routers}
    segments = {segment.key: (segment.cidr if version == 4 else segment.cidr6)[0] for segment in plan.segments}
    assert all(r.destination.version == r.next_hop.version == version for rs in routes.values() for r in rs)
    for start in plan.routers:
        for key, address in segments.items():
            here = start
            for _ in plan.routers:
                if key in here.segments:
                    break
                here = by_name[next(owner[r.next_hop] for r in routes[here.name] if address in r.destination)]
            assert key in here.segments
        assert all(any(address in r.destination for address in segments.values()) for r in routes[start.name])
        assert not any(r.destination.prefixlen == 0 for r in routes[start.name])


def test_the_ends_of_a_link_are_one_127(plan: Plan) -> None:
    """RFC 6164."""
    for link in plan.links:
        one, other = (address for _, address in link.ends6)
        assert int(one) ^ int(other) == 1
        assert one in link.cidr6


def test_traffic_between_the_sites_passes_the_core_router(plan: Plan) -> None:
    graph: nx.Graph[str] = nx.Graph([tuple(router for router, _ in link.ends) for link in plan.links])
    assert nx.shortest_path(graph, "exit", "recovery") == ["exit", "core", "recovery"]
    recovery = next(router for router in plan.routers if router.name == "recovery")
    assert len(recovery.segments) == 1


def test_a_host_may_only_speak_along_the_matrix(plan: Plan) -> None:
    found = hosts(plan)
    addresses = {name: (f"{host.address}/32", f"{host.address6}/128") for name, host in found.items()}
    both = [(address, port) for name, port in (("bastion-1", 22), ("monitor-1", 9100)) for address in addresses[name]]
    assert {(str(f.peer), *f.ports) for f in found["db-1"].flows_in} == set(both)
    out = (("monitor-1", 6514), ("mirror-1", 80), ("vault-1", 8443))
    both = [(address, port) for name, port in out for address in addresses[name]]
    assert {(str(f.peer), *f.ports) for f in found["db-1"].flows_out} == {(str(METADATA), 80), *both}


def test_both_firewalls_come_from_the_same_lines(plan: Plan) -> None:
    """Every port that a host's own firewall lets in is one that its security groups let in, and the other way round."""
    for group in plan.host_groups:
        for host in group.hosts:
            own = {(f.protocol, port) for f in host.flows_in for port in f.ports or [None]}
            cloud = {
                (r.protocol, r.port)
                for name in group.security_groups
                for r in rules(plan, name).values()
                if r.direction == "ingress"
            }
            alone = {("vrrp", None)} if len(group.hosts) == 1 else set()
            not_to_itself = cloud - own
            assert own <= cloud
            assert not_to_itself <= alone | {("tcp", 22), ("tcp", 9100), ("tcp", 6514), ("tcp", 80)}


def test_vrrp_stays_within_the_pair(plan: Plan) -> None:
    found = hosts(plan)
    peers = [f.peer.network_address for f in found["gw-1"].flows_in if f.protocol == "vrrp"]
    gateways = next(group for group in plan.host_groups if group.name == "website-web-gateway")
    shared = {gateways.virtual_address, gateways.virtual_address6}
    assert set(peers) - shared == {found["gw-2"].address, found["gw-2"].address6}
    holders = [g.name for g in plan.security_groups if any(r.protocol == "vrrp" for r in g.rules)]
    assert holders == ["website-web-gateway"]


def test_only_the_gateways_hear_the_internet(plan: Plan) -> None:
    everywhere = [(g.name, r.port, r.version) for g in plan.security_groups for r in g.rules
                  if r.remote_block and not r.remote_block.prefixlen]  # fmt: skip
    assert {name for name, _, _ in everywhere} == {"website-web-gateway"}
    assert {(port, version) for _, port, version in everywhere} == {(80, 4), (443, 4), (80, 6), (443, 6)}


def test_log_in_from_outside_ends_at_the_bastion(plan: Plan) -> None:
    ssh = {(g.name, r.remote_group or str(r.remote_block)) for g in plan.security_groups for r in g.rules
           if r.port == 22 and r.direction == "ingress"}  # fmt: skip
    operators = {("operations-bastion", str(block)) for block in plan.stack.operators}
    assert ssh == {*operators, (EVERY_HOST, "operations-bastion")}


def test_each_city_and_the_province_have_a_domain_of_their_own(plan: Plan) -> None:
    projects = {domain.name: [project.name for project in domain.projects] for domain in plan.domains}
    assert projects == {
        "province-360000": ["province-information-centre"],
        "city-360400": ["city-approval", "city-information-centre", "city-office"],
    }


def test_adding_a_host_moves_no_other(facts: Path, spoil: Spoil, plan: Plan) -> None:
    spoil("systems/website.yaml", "[web-1, web-2]", "[web-0, web-1, web-2]")
    world = load_unproved(facts)
    ledger, problems = allocate(world.network, world.needs(), world.ledger, "a.csv")
    assert problems == []
    wider = hosts(build_plan(world.with_ledger(ledger), "lab"))
    assert {name: host.address for name, host in hosts(plan).items()}.items() <= {
        name: host.address for name, host in wider.items()
    }.items()
    assert wider["web-0"].address not in {host.address for host in hosts(plan).values()}


def test_replicas_reduce_hosts_and_nothing_else(facts: Path, spoil: Spoil, plan: Plan) -> None:
    spoil("lab.yaml", "protect_data: false", "replicas: 1\nprotect_data: false")
    small = build_plan(load(facts), "lab")
    assert set(hosts(small)) == set(hosts(plan)) - {"gw-2", "web-2"}
    assert (small.segments, small.routers, small.security_groups) == (plan.segments, plan.routers, plan.security_groups)
    for name, host in hosts(small).items():
        assert host == hosts(plan)[name], "what is built later is let in already"


def test_without_replicas_everything_stands_but_hosts(facts: Path, spoil: Spoil, plan: Plan) -> None:
    spoil("lab.yaml", "protect_data: false", "replicas: 0\nprotect_data: false")
    empty = build_plan(load(facts), "lab")
    assert hosts(empty) == {}
    for field in ("domains", "segments", "links", "routers", "security_groups", "systems", "mirror_url"):
        assert getattr(empty, field) == getattr(plan, field), field
    assert [group.name for group in empty.host_groups] == [group.name for group in plan.host_groups]
    assert not any(group.floating_address for group in empty.host_groups)


def test_the_plan_does_not_depend_on_the_order_of_files(plan: Plan) -> None:
    assert build_plan(load(ROOT / "stacks"), "lab") == plan


def test_another_province_works_the_same() -> None:
    other = build_plan(load(ROOT / "tests" / "lab" / "province"), "small")
    assert {host for group in other.host_groups for host in (h.name for h in group.hosts)} == {"desk-1", "records-1"}
