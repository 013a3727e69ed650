"""The province's stacks together: who reaches whom, by which way, and that no fault of one is built."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise
from pathlib import Path

import pytest

from infra.plan.base import VERSIONS, Block, Version
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.picture import draw
from infra.plan.plan import Plan, PlannedHost, PlannedRoute
from infra.plan.world import World
from tests.unit.plan.conftest import ROOT, Spoil, within

CITIES = 11
Where = tuple[str, str]  # stack and router


@pytest.fixture(scope="module")
def world() -> World:
    """The province, on a cloud whose firewall knows address groups."""
    return with_address_groups(load(ROOT / "stacks"), known=True)


def with_address_groups(world: World, *, known: bool) -> World:
    stacks = {name: one.model_copy(update={"address_group_rules": known}) for name, one in world.stacks.items()}
    return replace(world, stacks=stacks)


@pytest.fixture(scope="module")
def plans(world: World) -> dict[str, Plan]:
    """At full size: what a cloud with room for all hosts would get."""
    full = {name: stack.model_copy(update={"replicas": None}) for name, stack in world.stacks.items()}
    sized = replace(world, stacks=full)
    return {name: build_plan(sized, name) for name, stack in full.items() if stack.cloud == "province"}


def hosts(plan: Plan) -> dict[str, PlannedHost]:
    return {host.name: host for group in plan.host_groups for host in group.hosts}


def blocks_of(host: PlannedHost) -> tuple[Block, Block]:
    return IPv4Network(host.address), IPv6Network(host.address6)


def test_every_city_and_the_province_have_a_stack(world: World, plans: dict[str, Plan]) -> None:
    cities = {code for code, division in world.divisions.by_code.items() if division.level == "city"}
    assert len(cities) == CITIES
    assert {plan.stack.division for plan in plans.values()} == {*cities, "360000"}


def test_every_system_is_built_by_one_stack(world: World, plans: dict[str, Plan]) -> None:
    built = Counter((system.division, system.name) for plan in plans.values() for system in plan.systems)
    assert built == Counter(list(world.placed_systems))


def test_the_whole_cloud_has_one_exit_and_the_only_floating_addresses_stand_there(plans: dict[str, Plan]) -> None:
    exits = [(name, router.name) for name, plan in plans.items() for router in plan.routers if router.exit]
    assert exits == [("province", "exit")]
    floating = {name for name, plan in plans.items() for group in plan.host_groups if group.floating_address}
    assert floating == {"province"}


def test_both_ends_of_an_uplink_are_planned_alike(plans: dict[str, Plan]) -> None:
    for name, plan in plans.items():
        if up := plan.uplink:
            down = next(one for one in plans[up.stack].downlinks if one.stack == name)
            assert (up.name, up.cidr, up.cidr6) == (down.name, down.cidr, down.cidr6)
            assert (up.router, up.peer) == (down.peer, down.router)
            assert (up.address, up.peer_address) == (down.peer_address, down.address)
            assert (up.address6, up.peer_address6) == (down.peer_address6, down.address6)
            assert int(up.address6) ^ int(up.peer_address6) == 1, "a /127, RFC 6164"
    assert {one.stack for one in plans["province"].downlinks} == plans.keys() - {"province"}


def hops(plans: dict[str, Plan], start: Where, version: Version, to: Block) -> Iterator[Where]:
    """The routers that a packet passes, by the longest prefix of each table, until one that has the segment."""
    ends: dict[object, Where] = {}
    for name, plan in plans.items():
        for link in plan.links:
            ends |= {address: (name, router) for router, address in (*link.ends, *link.ends6)}
        for crossing in plan.crossings:
            ends |= {crossing.address: (name, crossing.router), crossing.address6: (name, crossing.router)}
    here = start
    for _ in range(12):
        yield here
        plan = plans[here[0]]
        router = next(one for one in plan.routers if one.name == here[1])
        segments = [s for s in plan.segments if s.router == here[1]]
        if to in [s.cidr if version == 4 else s.cidr6 for s in segments]:
            return
        tables: list[tuple[PlannedRoute, ...]] = [router.routes if version == 4 else router.routes6]
        tables += [c.routes if version == 4 else c.routes6 for c in plan.crossings if c.router == here[1]]
        fitting = [route for table in tables for route in table if to.network_address in route.destination]
        best = max(fitting, key=lambda route: route.destination.prefixlen)
        here = ends[best.next_hop]
    raise AssertionError(f"{start} never reaches {to}")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_router_reaches_every_segment_of_every_stack(plans: dict[str, Plan], version: Version) -> None:
    """Followed hop by hop, as a packet would go."""
    for name, plan in plans.items():
        for router in plan.routers:
            for other in plans.values():
                for segment in other.segments:
                    way = list(
                        hops(plans, (name, router.name), version, segment.cidr if version == 4 else segment.cidr6)
                    )
                    assert len(way) == len(set(way))


def test_only_routers_of_the_boundary_have_a_default_route(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        assert not any(r.destination.prefixlen == 0 for one in plan.routers for r in (*one.routes, *one.routes6))
        out = {c.router for c in plan.crossings for r in (*c.routes, *c.routes6) if r.destination.prefixlen == 0}
        zones = {segment.labels.zone for segment in plan.segments if segment.router in out}
        assert zones <= {"public", "access"}
    assert all(plan.uplink for name, plan in plans.items() if name != "province")


def test_the_vault_admits_the_clients_of_every_city_in_one_rule(plans: dict[str, Plan]) -> None:
    plan = plans["recovery"]
    vault = next(group for group in plan.security_groups if group.name == "recovery-backup-vault")
    rule = next(rule for rule in vault.rules if rule.direction == "ingress")
    assert (rule.name, rule.remote_address_group) == ("tcp-8443-from-clients", "recovery-backup-vault-clients-tcp-8443")
    admitted = next(group for group in plan.address_groups if group.name == rule.remote_address_group).blocks
    peers = {flow.peer for flow in hosts(plan)["vault-1"].flows_in if flow.ports == (8443,)}
    assert peers == set(admitted)
    for name, other in plans.items():
        if name not in ("recovery", "province"):
            assert {block for host in ("web-1", "web-2", "db-1") for block in blocks_of(hosts(other)[host])} <= peers


def test_what_one_stack_lets_out_the_other_lets_in(plans: dict[str, Plan]) -> None:
    """Host by host, over all stacks of the cloud."""
    every = [host for plan in plans.values() for host in hosts(plan).values()]
    by_address: dict[Block, PlannedHost] = {block: host for host in every for block in blocks_of(host)}
    for address, host in by_address.items():
        for flow in host.flows_out:
            peer = by_address.get(flow.peer)
            if peer and flow.peer.version == address.version:
                back = [one for one in peer.flows_in if one.ports == flow.ports and within(address, one.peer)]
                assert back, f"{host.name} → {peer.name} {flow.ports}"


def test_a_rule_never_names_a_group_of_another_stack(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        groups = {group.name for group in plan.security_groups}
        addresses = {group.name: group for group in plan.address_groups}
        rules = [rule for group in plan.security_groups for rule in group.rules]
        assert {rule.remote_group for rule in rules if rule.remote_group} <= groups
        assert {rule.remote_address_group for rule in rules if rule.remote_address_group} == addresses.keys()
        assert all(len(group.blocks) > 2 for group in addresses.values())
        for rule in rules:
            sides = (rule.remote_group, rule.remote_block, rule.remote_address_group)
            assert sum(side is not None for side in sides) == 1, rule.name


def test_a_citys_bastion_reaches_its_own_hosts_alone(plans: dict[str, Plan]) -> None:
    own = hosts(plans["nanchang"])
    bastion = IPv4Network(own["bastion-1"].address)
    for name, plan in plans.items():
        reached = {host for host, one in hosts(plan).items() if bastion in {f.peer for f in one.flows_in}}
        assert reached == (set(own) - {"bastion-1"} if name == "nanchang" else set())


def test_the_provinces_platform_serves_the_recovery_centre(plans: dict[str, Plan]) -> None:
    """It has none of its own: log-in, metrics, logs and packages are those of its division."""
    vault, own = hosts(plans["recovery"])["vault-1"], hosts(plans["province"])
    assert IPv4Network(own["pbastion-1"].address) in {flow.peer for flow in vault.flows_in if flow.ports == (22,)}
    assert IPv4Network(own["pmonitor-1"].address) in {flow.peer for flow in vault.flows_out if flow.ports == (6514,)}
    assert plans["recovery"].mirror_url == plans["province"].mirror_url == f"http://{own['pmirror-1'].address}/debian"


def test_a_picture_begins_at_the_uplink(plans: dict[str, Plan]) -> None:
    for name in ("xinyu", "recovery"):
        assert "上联 province" in draw(plans[name])
    assert draw(plans["xinyu"]).index("路由器 edge") < draw(plans["xinyu"]).index("路由器 core")


def test_a_site_is_published_by_the_stack_of_its_owners_city(plans: dict[str, Plan]) -> None:
    found = {name: [site.name for site in plan.sites] for name, plan in plans.items() if plan.sites}
    assert found == {"jiujiang": ["portal", "tongji", "wuning"]}


def test_the_recovery_centre_has_a_domain_of_its_own(plans: dict[str, Plan]) -> None:
    names = [domain.name for plan in plans.values() for domain in plan.domains]
    assert len(names) == len(set(names)), "two stacks would make the same domain"
    assert [domain.name for domain in plans["recovery"].domains] == ["province-360000-recovery"]


def test_no_two_stacks_of_a_cloud_share_a_segment_a_link_or_an_address(plans: dict[str, Plan]) -> None:
    blocks: list[Block] = []
    for plan in plans.values():
        for thing in (*plan.segments, *plan.links, *((plan.uplink,) if plan.uplink else ())):
            blocks += [thing.cidr, thing.cidr6]
    ordered = sorted(blocks, key=lambda block: (block.version, int(block.network_address)))
    assert not any(one.version == other.version and one.overlaps(other) for one, other in pairwise(ordered))


def test_a_laboratory_that_no_uplink_joins_knows_nothing_of_the_rest(world: World) -> None:
    lab = build_plan(world, "lab")
    assert (lab.uplink, lab.downlinks, lab.address_groups) == (None, (), ())
    own: set[Block] = {block for host in hosts(lab).values() for block in blocks_of(host)}
    for group in lab.host_groups:
        if group.virtual_address and group.virtual_address6:
            own |= {IPv4Network(group.virtual_address), IPv6Network(group.virtual_address6)}
    peers = {flow.peer for host in hosts(lab).values() for flow in (*host.flows_in, *host.flows_out)}
    province = world.ledger.both("360000")
    assert {peer for peer in peers - own if any(within(peer, block) for block in province)} == set()


def test_a_key_of_the_own_file_wins_whole(facts: Path, spoil: Spoil) -> None:
    quota = "default: {instances: 30, cores: 60, ram_mb: 61440, networks: 9, ports: 80, routers: 4, "
    rest = "floating_addresses: 0, security_groups: 40, security_group_rules: 400}"
    spoil("nanchang.yaml", "division: 360100", f"division: 360100\nquotas:\n  {quota}{rest}\nreplicas: 1")
    stack, other = load(facts).stacks["nanchang"], load(facts).stacks["xinyu"]
    assert (stack.quotas["default"].networks, stack.replicas) == (9, 1)
    assert (other.quotas["default"].networks, other.replicas) == (20, 0)
    assert stack.mirror == other.mirror


def test_a_zone_without_division_is_the_stacks_own(world: World) -> None:
    assert world.stacks["xinyu"].routers["edge"].zones == ["360500/public", "360500/access"]
    assert world.stacks["lab"].routers["recovery"].zones == ["360000/recovery"]


def test_a_flow_to_a_system_that_nobody_builds_names_its_address(facts: Path, spoil: Spoil) -> None:
    spoil("lab.yaml", "  - $systems:recovery\n", "")
    spoil(
        "lab.yaml",
        "  recovery:\n    owner: $departments:province-information-centre\n    zones: [360000/recovery]\n",
        "",
    )
    spoil("lab.yaml", "links: [[exit, core], [core, recovery]]", "links: [[exit, core]]")
    plan = build_plan(load(facts), "lab")
    rules = [rule for group in plan.security_groups for rule in group.rules]
    named = {rule.remote_block for rule in rules if rule.name == "tcp-8443-to-recovery-backup-vault"}
    assert named == set(load(facts).ledger.both("360000/recovery/recovery/vault-1"))


def test_a_firewall_without_address_groups_gets_the_same_permissions_by_address(world: World) -> None:
    plans = [build_plan(with_address_groups(world, known=known), "recovery") for known in (True, False)]
    blocks = {group.name: group.blocks for group in plans[0].address_groups}
    assert blocks
    assert plans[1].address_groups == plans[0].address_groups
    permitted = []
    for plan in plans:
        found = set()
        for group in plan.security_groups:
            for rule in group.rules:
                named = blocks[rule.remote_address_group] if rule.remote_address_group else [rule.remote_block]
                for block in (one for one in named if one is None or one.version == rule.version):
                    way = (rule.direction, rule.protocol, rule.port, rule.remote_group, rule.version)
                    found.add((group.name, *way, block))
        permitted.append(found)
    assert permitted[0] == permitted[1]
    assert not any(rule.remote_address_group for group in plans[1].security_groups for rule in group.rules)
    names = [(group.name, rule.name, rule.version) for group in plans[1].security_groups for rule in group.rules]
    assert len(names) == len(set(names))
