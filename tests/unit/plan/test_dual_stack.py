"""What is planned in one family is planned in the other: no stack, flow or rule is left with IPv4 alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest

from infra.plan.base import Block
from infra.plan.build import build_plan
from infra.plan.flows import EVERY_HOST, INTERNET
from infra.plan.load import load
from infra.plan.plan import Plan, PlannedRule, ResolvedFlow
from infra.plan.security import METADATA
from infra.plan.world import World
from tests.unit.plan.conftest import ROOT, Problems, Spoil

FOLDERS = ("stacks", "tests/lab/province", "tests/lab/two_levels")


def sized(world: World) -> World:
    """With all hosts: what a cloud with room for them would get."""
    stacks = {name: stack.model_copy(update={"replicas": None}) for name, stack in world.stacks.items()}
    return replace(world, stacks=stacks)


WORLDS = [sized(load(ROOT / folder)) for folder in FOLDERS]
PLANS = {name: (world, build_plan(world, name)) for world in WORLDS for name in world.stacks}


@pytest.fixture(params=PLANS)
def planned(request: pytest.FixtureRequest) -> tuple[World, Plan]:
    return PLANS[request.param]


def twins(world: World) -> dict[Block, Block]:
    """Every IPv4 block with the IPv6 block that has the same key, or the same meaning."""
    found: dict[Block, Block] = {INTERNET[0]: INTERNET[1]}
    for version, key in world.ledger.by_key:
        if version == 4:
            found[world.ledger.block(key)] = world.ledger.block6(key)
    return found


def mirrored(flows: Iterable[ResolvedFlow], other: dict[Block, Block]) -> Iterator[tuple[Block, str, tuple[int, ...]]]:
    for flow in flows:
        if flow.peer in other:
            yield other[flow.peer], flow.protocol, flow.ports


def test_a_flow_between_hosts_is_there_in_each_family(planned: tuple[World, Plan]) -> None:
    world, plan = planned
    other = twins(world)
    for group in plan.host_groups:
        for host in group.hosts:
            for flows in (host.flows_in, host.flows_out):
                six = {(flow.peer, flow.protocol, flow.ports) for flow in flows if flow.peer.version == 6}
                assert set(mirrored(flows, other)) == six, host.name
                alone = {flow.peer for flow in flows if flow.peer.version == 4} - other.keys()
                assert alone <= {METADATA, *plan.stack.operators}, host.name


def test_a_rule_that_names_a_group_is_there_once_in_each_family(planned: tuple[World, Plan]) -> None:
    _, plan = planned
    for group in plan.security_groups:
        families: dict[str, Counter[int]] = defaultdict(Counter)
        for rule in group.rules:
            if not rule.remote_block:
                families[rule.name][rule.version] += 1
        assert all(counted == {4: 1, 6: 1} for counted in families.values()), group.name


def way(rule: PlannedRule) -> tuple[str, str, int | None]:
    return rule.direction, rule.protocol, rule.port


def test_a_rule_names_a_block_of_its_own_family_and_only_metadata_are_asked_for_in_one(
    planned: tuple[World, Plan],
) -> None:
    world, plan = planned
    other = twins(world)
    for group in plan.security_groups:
        named = [(rule.remote_block, rule) for rule in group.rules if rule.remote_block]
        assert all(block.version == rule.version for block, rule in named)
        four, six = ([(block, way(rule)) for block, rule in named if rule.version == version] for version in (4, 6))
        assert {(other[block], found) for block, found in four if block in other} == set(six)
        alone = {block for block, _ in four} - other.keys()
        assert alone <= {METADATA, *plan.stack.operators}
        assert (METADATA in alone) == (group.name == EVERY_HOST)


def test_address_groups_and_pools_have_blocks_of_both_families(planned: tuple[World, Plan]) -> None:
    _, plan = planned
    for blocks in (*(group.blocks for group in plan.address_groups), *(one.pool for one in plan.tenancies)):
        assert {block.version for block in blocks} == {4, 6}


def heard(facts: Path, port: int) -> set[Block]:
    """Whom the lab's hosts hear on a port."""
    groups = build_plan(load(facts), "lab").host_groups
    return {f.peer for group in groups for host in group.hosts for f in host.flows_in if f.ports == (port,)}


def admitting(endpoint: str) -> str:
    return f"flows:\n  - {{from: {endpoint}, to: $systems:approval/database, protocol: tcp, ports: [5432], why: x}}\n"


def test_an_endpoint_may_name_a_division_or_a_block_of_either_family(facts: Path, spoil: Spoil) -> None:
    spoil("systems/approval.yaml", "flows:\n", admitting("$divisions:360402"))
    assert heard(facts, 5432) == set(load(facts).ledger.both("360402"))
    spoil("systems/approval.yaml", "$divisions:360402", "fd95:347d:300::/64")
    assert heard(facts, 5432) == {IPv6Network("fd95:347d:300::/64")}


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("$divisions:369999", "no division 369999"),
        ("fd95::1/64", "not a block"),
        ("fc00:1::/64", "reaches the inner network's block fc00::/8"),
    ],
)
def test_an_endpoint_that_names_nothing_fit_is_told(endpoint: str, told: str, spoil: Spoil, problems: Problems) -> None:
    spoil("systems/approval.yaml", "flows:\n", admitting(endpoint))
    (problem,) = problems()
    assert problem.key == "flows.0.from"
    assert told in problem.text


def test_operators_may_come_from_blocks_of_either_family(facts: Path, spoil: Spoil) -> None:
    spoil("lab.yaml", "operators: [198.18.0.0/15]", "operators: [198.18.0.0/15, 'fd12:7::/32']")
    plan = build_plan(load(facts), "lab")
    bastion = next(group for group in plan.security_groups if group.name == "operations-bastion")
    named = {rule.remote_block for rule in bastion.rules if rule.port == 22 and rule.direction == "ingress"}
    assert named == {IPv4Network("198.18.0.0/15"), IPv6Network("fd12:7::/32")}
