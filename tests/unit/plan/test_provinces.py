"""Stacks of provinces that nobody has seen: any number of cities, with any systems, is one network without overlaps."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.plan.addresses import allocate, prove
from infra.plan.base import Block
from infra.plan.build import build_plan
from infra.plan.ledger import Ledger
from infra.plan.plan import Plan
from infra.plan.stack import Stack
from infra.plan.systems import DepartmentEntry, SystemEntry
from infra.plan.world import World
from tests.unit.plan.test_addresses import NETWORK, province

NAMES = ["archive", "land", "mail", "portal"]
cities = st.integers(0, 14)
names = st.sets(st.sampled_from(NAMES), min_size=1)
quick = settings(max_examples=30)


def entry(name: str, tier: str, zone: str, flows: Sequence[dict[str, Any]]) -> SystemEntry:
    function = {"zone": zone, "flavor": "small", "image": "base", "hosts": [f"{name}-1", f"{name}-2"]}
    return SystemEntry.model_validate(
        {
            "name": name,
            "title": name,
            "owner": f"$departments:{tier}-office",
            "tier": tier,
            "protection_level": 2,
            "recovery": {"rpo": "1h", "rto": "1h", "standard": "GB/T 20988-2025", "level": 3},
            "source": "-",
            "segments": {zone: {"prefix": 27}},
            "functions": {f"{name}_host": function},
            "flows": flows,
        }
    )


def stack(division: str, tier: str, systems: Iterable[str], zones: Sequence[str], **more: Any) -> Stack:
    quota = dict.fromkeys(
        ("instances", "cores", "ram_mb", "networks", "ports", "routers", "floating_addresses", "security_groups"), 99
    )
    owner = f"$departments:{tier}-office"
    return Stack.model_validate(
        {
            "title": division,
            "division": division,
            "cloud": "one",
            "external_network": "out",
            "systems": [f"$systems:{name}" for name in sorted(systems)],
            "routers": {
                zone: {"owner": owner, "zones": [zone], "exit": tier == "province" and index == 0}
                for index, zone in enumerate(zones)
            },
            "links": list(pairwise(zones)),
            "operators": ["198.18.0.0/15"],
            "images": {"base": "debian"},
            "flavors": {"small": "s"},
            "quotas": {"default": {**quota, "security_group_rules": 99}},
            "mirror": {"function": "vault_host", "path": "/"},
            **more,
        }
    ).located()


def world(count: int, systems: set[str], ledger: Ledger | None = None) -> World:
    """A province with a vault, and so many cities with all these systems, each of which uses the vault."""
    divisions = province([[1]] * count)
    saved = {"to": "$systems:vault", "protocol": "tcp", "ports": [8443], "why": "-"}
    tiers = {name: entry(name, "city", "dedicated", [{"from": f"$systems:{name}", **saved}]) for name in systems}
    uplink = {"stack": "top", "router": "shared", "through": "dedicated"}
    stacks = {
        f"city-{n}": stack(f"99{n:02}00", "city", systems, ["shared", "dedicated"], uplink=uplink)
        for n in range(1, count + 1)
    }
    found = World(
        divisions=divisions,
        network=NETWORK,
        flavors={},
        departments={
            "province-office": DepartmentEntry.model_validate({"title": "办公厅", "tier": "province"}),
            "city-office": DepartmentEntry.model_validate({"title": "办公室", "tier": "city"}),
        },
        systems={"vault": entry("vault", "province", "shared", []), **tiers},
        sites={},
        stacks={"top": stack("990000", "province", ["vault"], ["shared"]), **stacks},
        exemptions=(),
        ledger=ledger or Ledger.of(()),
        sources={},
    )
    return allocated(found)


def allocated(found: World) -> World:
    new, problems = allocate(NETWORK, found.needs(), found.ledger, "a.csv")
    assert problems == []
    return found.with_ledger(new)


def plans(found: World) -> dict[str, Plan]:
    return {name: build_plan(found, name) for name in found.stacks}


@quick
@example(14, set(NAMES))
@given(cities, names)
def test_no_two_stacks_overlap(count: int, systems: set[str]) -> None:
    found = world(count, systems)
    assert prove(NETWORK, found.needs(), found.ledger, "a.csv", "n.yaml") == []
    blocks: list[Block] = []
    for plan in plans(found).values():
        for thing in (*plan.segments, *plan.links, *((plan.uplink,) if plan.uplink else ())):
            blocks += [thing.cidr, thing.cidr6]
    ordered = sorted(blocks, key=lambda block: (block.version, int(block.network_address)))
    assert not any(one.version == other.version and one.overlaps(other) for one, other in pairwise(ordered))


@quick
@example(0, {"mail"}, 14, set(NAMES))
@given(cities, names, cities, names)
def test_adding_a_city_or_a_system_moves_no_other_address(
    count: int, systems: set[str], more: int, others: set[str]
) -> None:
    first = world(count, systems)
    wider = world(max(count, more), systems | others, first.ledger)
    assert set(first.ledger.entries) <= set(wider.ledger.entries)
    assert prove(NETWORK, wider.needs(), wider.ledger, "a.csv", "n.yaml") == []
    later = plans(wider)
    for name, plan in plans(first).items():
        assert plan.uplink == later[name].uplink
        assert set(plan.downlinks) <= set(later[name].downlinks)
        assert set(plan.segments) <= set(later[name].segments)


@quick
@given(cities, names)
def test_the_vault_admits_every_client_and_nobody_else(count: int, systems: set[str]) -> None:
    found = plans(world(count, systems))
    vault = found["top"].host_groups[0].hosts[0]
    clients = {
        address
        for name, plan in found.items()
        if name != "top"
        for group in plan.host_groups
        for host in group.hosts
        for address in (host.address, host.address6)
    }
    assert {flow.peer.network_address for flow in vault.flows_in} == clients
    rules = [rule for group in found["top"].security_groups for rule in group.rules if rule.direction == "ingress"]
    assert len(rules) == (2 if count else 0)  # one a family


def test_what_is_two_uplinks_down_is_reached_through_the_stack_between() -> None:
    """A county below a city below the province."""
    first = world(2, {"mail"})
    saved = {"from": "$systems:desk", "to": "$systems:vault", "protocol": "tcp", "ports": [8443], "why": "-"}
    uplink = {"stack": "city-1", "router": "shared", "through": "shared"}
    found = allocated(
        replace(
            first,
            departments={**first.departments, "county-office": DepartmentEntry(title="办公室", tier="county")},
            systems={**first.systems, "desk": entry("desk", "county", "shared", [saved])},
            stacks={**first.stacks, "county": stack("990101", "county", ["desk"], ["shared"], uplink=uplink)},
        )
    )
    top, city, county = (build_plan(found, name) for name in ("top", "city-1", "county"))
    down = {one.stack: [route.destination for route in one.routes] for one in (*top.downlinks, *city.downlinks)}
    assert down["city-1"] == [found.ledger.block("990100")]
    assert down["county"] == [found.ledger.block("990101")]
    ways = {one.name: {route.destination: route.next_hop for route in one.routes} for one in city.routers}
    assert ways["dedicated"][found.ledger.block("990101")] == dict(city.links[0].ends)["shared"]
    assert county.uplink
    assert [route.destination for route in county.uplink.routes] == [NETWORK.extranet[0]]
    desk, vault = county.host_groups[0].hosts[0], top.host_groups[0].hosts[0]
    assert desk.address in {flow.peer.network_address for flow in vault.flows_in}
