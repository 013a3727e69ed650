"""A stack makes the room of each one below it, and that one builds in it with nothing but its manager's rights."""

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from infra.contract import ContractError, TenancyFacts, read
from infra.grant import granted_by
from infra.leftovers import planned_names
from infra.plan.base import Block
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.plan.sharing import loans
from infra.plan.world import World
from infra.settings import ROOT
from tests.unit.plan.conftest import within
from tests.unit.test_components import CLOUD, Recorder, built, irremovable
from tests.unit.test_inventory import OUTPUTS


@pytest.fixture(scope="module")
def world() -> World:
    return load(ROOT / "stacks")


Recorded = Callable[[str], Recorder]


@pytest.fixture(scope="module")
def recorded(world: World) -> Recorded:
    """What a stack registers; registering all of the province's takes seconds."""

    @cache
    def record(name: str) -> Recorder:
        plan = build_plan(world, name)
        return built(plan, grant(plan) if plan.uplink else None)

    return record


@pytest.fixture(scope="module")
def province(world: World) -> Plan:
    return build_plan(world, "province")


@pytest.fixture(scope="module")
def above(recorded: Recorded) -> Recorder:
    return recorded("province")


@pytest.fixture(scope="module")
def city(world: World) -> Plan:
    return build_plan(world, "nanchang")


def grant(plan: Plan) -> TenancyFacts:
    projects = {project.name: f"{project.name}-id" for domain in plan.domains for project in domain.projects}
    return TenancyFacts(
        domain="d-1", projects=projects, router="edge-id", subnet_pool="pool-id", subnet_pool6="pool6-id"
    )


@pytest.fixture(scope="module")
def below(recorded: Recorded) -> Recorder:
    return recorded("nanchang")


def told_apart(plan: Plan) -> frozenset[str]:
    """All that the names of its resources are made of: cities alike in it are alike in them."""
    rules = (f"{group.name} {rule.direction} {rule.name}" for group in plan.security_groups for rule in group.rules)
    projects = (f"{domain.division} {project.name}" for domain in plan.domains for project in domain.projects)
    own = () if plan.uplink else projects
    return frozenset({*planned_names(plan), *rules, *own, *(group.name for group in plan.address_groups)})


def test_no_two_resources_of_a_stack_have_one_name(world: World, recorded: Recorded) -> None:
    """Pulumi tells resources apart by type and name; departments of the same name are in every city."""
    stacks = {told_apart(build_plan(world, name)): name for name in sorted(world.stacks, reverse=True)}
    assert len(stacks) >= 5
    for name in stacks.values():
        counted = Counter((request.type, request.name) for request in recorded(name).requests)
        assert [one for one, number in counted.items() if number > 1] == [], name


def test_every_stack_below_has_domain_manager_quotas_router_and_pool(world: World, above: Recorder) -> None:
    lower = {name for name, stack in world.stacks.items() if stack.uplink and stack.uplink.stack == "province"}
    assert len(lower) == 12
    assert set(above.of("openstack:identity/user:User")) == lower
    pools = above.of("openstack:networking/subnetPool:SubnetPool")
    assert {*lower, *(f"{name}-ipv6" for name in lower)} < set(pools)
    assert all({":" in block for block in one["prefixes"]} == {n.endswith("-ipv6")} for n, one in pools.items())
    scopes = above.of("openstack:networking/addressScope:AddressScope")
    assert {name: one["ipVersion"] for name, one in scopes.items()} == {"province": 4, "province-ipv6": 6}
    routers = above.of("openstack:networking/router:Router")
    assert {name for name in lower for router in routers if router.startswith(f"{name}-")} == lower
    projects = above.of("openstack:identity/project:Project")
    assert sum(one.get("isDomain", False) for one in projects.values()) == 1 + len(lower)
    quotas = above.of("openstack:networking/quotaV2:QuotaV2")
    assert len(quotas) == len(projects) - 1 - len(lower)


def test_a_manager_rules_one_domain_and_is_member_of_its_projects_alone(above: Recorder) -> None:
    grants = above.of("openstack:identity/roleAssignment:RoleAssignment")
    managers = {name: one for name, one in grants.items() if one["roleId"] == CLOUD.roles["manager"]}
    assert all("domainId" in one and "projectId" not in one for one in managers.values())
    assert len(managers) == 12
    inherited = above.of("openstack:identity/inheritRoleAssignment:InheritRoleAssignment")
    assert inherited["nanchang-member"]["userId"] == "nanchang-id"
    assert inherited["nanchang-member"]["domainId"] == grants["nanchang-manager"]["domainId"]


def test_only_the_stack_above_knows_the_exit(above: Recorder, below: Recorder) -> None:
    gateways = [
        name for name, one in above.of("openstack:networking/router:Router").items() if "externalNetworkId" in one
    ]
    assert gateways == ["exit"]
    assert not any("externalNetworkId" in one for one in below.of("openstack:networking/router:Router").values())
    assert below.of("openstack:networking/floatingIp:FloatingIp") == {}


def test_whatever_these_stacks_make_can_be_removed_after_a_killed_run(above: Recorder, below: Recorder) -> None:
    assert (irremovable(above), irremovable(below)) == (set(), set())


def test_every_subnet_is_from_a_pool(above: Recorder, below: Recorder) -> None:
    pools = {4: (below, "pool-id"), 6: (below, "pool6-id")}, {4: (above, "province-id"), 6: (above, "province-ipv6-id")}
    for families in pools:
        for version, (recorder, pool) in families.items():
            subnets = recorder.of("openstack:networking/subnet:Subnet").values()
            assert {one["subnetpoolId"] for one in subnets if one["ipVersion"] == version} == {pool}


def test_a_pool_holds_all_subnets_of_its_stack_and_none_of_another(world: World, province: Plan) -> None:
    pools = {"province": province.pool, **{one.stack: one.pool for one in province.tenancies}}
    for name, blocks in pools.items():
        plan = build_plan(world, name)
        subnets: list[Block] = []
        for one in plan.segments:
            subnets += [one.cidr, one.cidr6]
        for link in (*plan.links, *(crossing.link for crossing in plan.downlinks)):
            subnets += [link.cidr, link.cidr6]
        assert subnets
        assert all(any(within(subnet, block) for block in blocks) for subnet in subnets), name
    every = [block for blocks in pools.values() for block in blocks]
    assert not any(one.overlaps(other) for index, one in enumerate(every) for other in every[:index])


def test_a_manager_acts_inside_its_projects_only(city: Plan, below: Recorder) -> None:
    projects = set(grant(city).projects)
    assert set(below.of("pulumi:providers:openstack")) == projects
    for request in below.requests:
        if request.type.startswith("openstack:networking/"):
            assert any(f"::{project}::" in request.provider for project in projects), request.name


def test_what_another_project_uses_is_shared_with_it_first(city: Plan, below: Recorder) -> None:
    owners = {segment.key: segment.project for segment in city.segments}
    joined = {(key, router.project) for router in city.routers for key in router.segments}
    foreign = {f"{key}-{project}" for key, project in joined if owners[key] != project}
    shared = below.of("openstack:networking/rbacPolicyV2:RbacPolicyV2")
    assert foreign
    assert foreign <= set(shared)
    for name, request in below.options("openstack:networking/routerInterface:RouterInterface").items():
        if any(name.removesuffix("-ipv6").endswith(key) and owners[key] != "city-information-centre" for key in owners):
            assert any("RbacPolicyV2" in urn for urn in request.dependencies), name


@pytest.mark.parametrize("name", ["jiujiang", "recovery"])
def test_what_a_quota_must_allow_to_lend_is_what_is_lent(world: World, recorded: Recorded, name: str) -> None:
    """The stack with the most loans, and one of a single department."""
    lent = recorded(name).options("openstack:networking/rbacPolicyV2:RbacPolicyV2").values()
    assert Counter(one.provider.rpartition("::")[0].rpartition("::")[2] for one in lent) == loans(
        build_plan(world, name)
    )
    assert bool(lent) == (name == "jiujiang")


def test_the_router_at_the_link_is_the_one_that_the_stack_above_made(city: Plan, below: Recorder) -> None:
    assert "edge" not in below.of("openstack:networking/router:Router")
    routes = below.of("openstack:networking/routerRoutesV2:RouterRoutesV2")["edge"]
    assert routes["routerId"] == "edge-id"
    assert city.uplink
    way_up = {str(city.uplink.peer_address), str(city.uplink.peer_address6)}
    assert {
        route["nextHop"] for route in routes["routes"] if route["destinationCidr"] in ("0.0.0.0/0", "::/0")
    } == way_up


def test_a_stack_that_was_given_nothing_is_told_whom_to_ask(city: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.grant.outputs", lambda stack: read(OUTPUTS, stack))
    with pytest.raises(ContractError, match="pulumi up --stack province"):
        granted_by(city)
