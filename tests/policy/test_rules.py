"""Each policy is seen to refuse a plan that breaks it, and to pass the real one."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.plan import Labels, Plan, PlannedAddressGroup, PlannedRoute, PlannedRule
from infra.plan.sharing import used
from infra.policies import rules
from infra.policies.rules import POLICIES, Policy

ROOT = Path(__file__).resolve().parents[2]
WORLD = load(ROOT / "stacks")
CATALOGUE = ROOT / "stacks" / "controls" / "gbt22239-2019.yaml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(WORLD, "lab")


def changed(plan: Plan, field: str, name: str, **update: Any) -> Plan:
    """The plan with one of its things changed."""
    things = getattr(plan, field)
    assert any(thing.name == name for thing in things)
    new = tuple(thing.model_copy(update=update) if thing.name == name else thing for thing in things)
    return plan.model_copy(update={field: new})


def permitted(plan: Plan, group: str, **rule: Any) -> Plan:
    given = {"name": "x", "direction": "ingress", "protocol": "tcp", "why": "x", **rule}
    extra = PlannedRule.model_validate({**given, "version": ip_network(rule["remote_block"]).version})
    old = next(one for one in plan.security_groups if one.name == group)
    return changed(plan, "security_groups", group, rules=(*old.rules, extra))


def routed(plan: Plan, block: str) -> Plan:
    core = next(router for router in plan.routers if router.name == "core")
    field = "routes6" if ":" in block else "routes"
    routes = getattr(core, field)
    route = PlannedRoute(destination=ip_network(block), next_hop=routes[0].next_hop)
    return changed(plan, "routers", "core", **{field: (*routes, route)})


def leveled(plan: Plan, group: str, level: int) -> Plan:
    old = next(one for one in plan.host_groups if one.name == group)
    return changed(plan, "host_groups", group, labels=old.labels.model_copy(update={"level": level}))


def sharing(plan: Plan, group: str, other: str) -> Plan:
    segment = next(one for one in plan.host_groups if one.name == other).segment
    return changed(plan, "host_groups", group, segment=segment)


def unowned(plan: Plan) -> Plan:
    old = next(one for one in plan.host_groups if one.name == "approval-database")
    return changed(plan, "host_groups", old.name, labels=old.labels.model_copy(update={"owner": "nobody"}))


def untagged(plan: Plan, router: str) -> Plan:
    old = next(one for one in plan.routers if one.name == router)
    return changed(plan, "routers", router, labels=old.labels.model_copy(update={"zone": ""}))


def labels(plan: Plan) -> Labels:
    """Of an owner that has no project."""
    return plan.routers[0].labels.model_copy(update={"owner": "nobody"})


def without_quota(plan: Plan) -> Plan:
    return plan.model_copy(update={"domains": tuple(d.model_copy(update={"projects": ()}) for d in plan.domains)})


def poor(plan: Plan) -> Plan:
    domain = plan.domains[0]
    quota = domain.projects[0].quota.model_copy(update={"instances": 0})
    projects = (domain.projects[0].model_copy(update={"quota": quota}), *domain.projects[1:])
    return plan.model_copy(update={"domains": (domain.model_copy(update={"projects": projects}), *plan.domains[1:])})


def short(plan: Plan, kind: str) -> Plan:
    """The quota of the department with the operators' hosts allows one less than what is planned for it."""
    needed = used(plan)[kind]["city-information-centre"]
    domains = tuple(
        domain.model_copy(
            update={
                "projects": tuple(
                    one.model_copy(update={"quota": one.quota.model_copy(update={kind: needed - 1})})
                    for one in domain.projects
                )
            }
        )
        for domain in plan.domains
    )
    return plan.model_copy(update={"domains": domains})


def stingy(_: Plan) -> Plan:
    """A city's, whose projects may lend each other nothing."""
    plan = build_plan(WORLD, "nanchang")
    domain = plan.domains[0]
    projects = tuple(
        one.model_copy(update={"quota": one.quota.model_copy(update={"shares": 0})}) for one in domain.projects
    )
    return plan.model_copy(update={"domains": (domain.model_copy(update={"projects": projects}),)})


def joined(_: Plan, stack: str, **update: Any) -> Plan:
    """The plan of a stack with an uplink, that of the recovery centre or a city, with its uplink changed."""
    plan = build_plan(WORLD, stack)
    assert plan.uplink
    return plan.model_copy(update={"uplink": plan.uplink.model_copy(update=update)})


def route(block: str, by: str) -> PlannedRoute:
    return PlannedRoute(destination=ip_network(block), next_hop=ip_address(by))


Break = Callable[[Plan], Plan]
REFUSED: list[tuple[Policy, str, Break]] = [
    (rules.one_internet_exit, "routers.core", lambda p: changed(p, "routers", "core", exit=True)),
    (
        rules.default_deny,
        "security_groups.approval-database.x",
        lambda p: permitted(p, "approval-database", remote_block="10.0.0.0/9", port=None),
    ),
    (
        rules.default_deny,
        "security_groups.approval-database.x",
        lambda p: permitted(p, "approval-database", remote_block="0.0.0.0/0", port=5432),
    ),
    (
        rules.default_deny,
        "security_groups.approval-database.x",
        lambda p: permitted(p, "approval-database", remote_block="::/0", port=5432),
    ),
    (
        rules.default_deny,
        "security_groups.website-web-gateway.x",
        lambda p: permitted(p, "website-web-gateway", remote_block="::/0", port=443, direction="egress"),
    ),
    (
        rules.nothing_reaches_the_inner_network,
        "security_groups.approval-database.x",
        lambda p: permitted(p, "approval-database", remote_block="fc00:1::/64", port=5432),
    ),
    (
        rules.default_deny,
        "security_groups.website-web-gateway.x",
        lambda p: permitted(p, "website-web-gateway", remote_block="0.0.0.0/0", port=443, direction="egress"),
    ),
    (
        rules.nothing_reaches_the_inner_network,
        "security_groups.approval-database.x",
        lambda p: permitted(p, "approval-database", remote_block="172.16.1.0/24", port=5432),
    ),
    (rules.nothing_reaches_the_inner_network, "routers.core.routes", lambda p: routed(p, "172.16.0.0/16")),
    (rules.nothing_reaches_the_inner_network, "routers.core.routes", lambda p: routed(p, "0.0.0.0/0")),
    (rules.nothing_reaches_the_inner_network, "routers.core.routes", lambda p: routed(p, "fc12::/48")),
    (rules.nothing_reaches_the_inner_network, "routers.core.routes", lambda p: routed(p, "::/0")),
    (
        rules.nothing_reaches_the_inner_network,
        "segments.website-shared",
        lambda p: changed(p, "segments", "website-shared", cidr6=IPv6Network("fc00::/64")),
    ),
    (
        rules.nothing_reaches_the_inner_network,
        "segments.website-shared",
        lambda p: changed(p, "segments", "website-shared", cidr=IPv4Network("192.168.7.0/24")),
    ),
    (
        rules.nothing_reaches_the_inner_network,
        "crossings.transit-recovery-uplink.routes",
        lambda p: joined(p, "recovery", routes=(route("172.16.0.0/16", "10.25.80.170"),)),
    ),
    (
        rules.nothing_reaches_the_inner_network,
        "address_groups.approval-database",
        lambda p: p.model_copy(
            update={
                "address_groups": (
                    PlannedAddressGroup(
                        name="approval-database", project="x", labels=labels(p), blocks=(IPv4Network("172.16.0.1/32"),)
                    ),
                )
            }
        ),
    ),
    (
        rules.important_zones_stay_behind_the_boundary,
        "segments.recovery-recovery",
        lambda p: joined(p, "recovery", routes=(route("0.0.0.0/0", "10.25.80.170"),)),
    ),
    (
        rules.every_resource_says_whose_it_is,
        "crossings.transit-xinyu-uplink",
        lambda p: joined(p, "xinyu", labels=labels(p)),
    ),
    (
        rules.important_zones_stay_behind_the_boundary,
        "host_groups.approval-database",
        lambda p: changed(p, "host_groups", "approval-database", floating_address=True),
    ),
    (
        rules.important_zones_stay_behind_the_boundary,
        "segments.approval-dedicated",
        lambda p: changed(p, "segments", "approval-dedicated", router="exit"),
    ),
    (
        rules.level_three_is_not_grouped_with_level_two,
        "segments.360400/shared/website",
        lambda p: sharing(p, "approval-database", "website-web-node"),
    ),
    (
        rules.every_host_belongs_to_a_recoverable_system,
        "host_groups.approval-database",
        lambda p: changed(p, "host_groups", "approval-database", system="nothing"),
    ),
    (
        rules.every_host_belongs_to_a_recoverable_system,
        "host_groups.approval-database",
        lambda p: leveled(p, "approval-database", 2),
    ),
    (
        rules.endpoints_are_encrypted,
        "security_groups.approval-database.x",
        lambda p: permitted(p, "approval-database", remote_block="10.0.0.0/9", port=23),
    ),
    (rules.every_resource_says_whose_it_is, "host_groups.approval-database", unowned),
    (rules.every_resource_says_whose_it_is, "routers.core", lambda p: untagged(p, "core")),
    (rules.every_project_has_a_sufficient_quota, "quotas.city-approval", without_quota),
    (rules.every_project_has_a_sufficient_quota, "quotas.province-information-centre.instances", poor),
    (
        rules.every_project_has_a_sufficient_quota,
        "quotas.province-information-centre.instances",
        lambda p: poor(p.model_copy(update={"host_groups": ()})),
    ),
    (rules.every_project_has_a_sufficient_quota, "quotas.city-office.shares", stingy),
    *(
        (
            rules.every_project_has_a_sufficient_quota,
            f"quotas.city-information-centre.{kind}",
            lambda p, kind=kind: short(p, kind),
        )
        for kind in ("networks", "ports", "security_groups", "security_group_rules")
    ),
]


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [build_plan(WORLD, stack) for stack in WORLD.stacks]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_policy_passes_the_real_plans_but_for_what_is_exempt(policy: Policy, plans: list[Plan]) -> None:
    exempt = [one.resource for one in WORLD.exemptions if one.policy == policy.name]
    broken = [where for plan in plans for where, _ in policy.breaks(plan)]
    assert [where for where in broken if not any(fnmatchcase(where, one) for one in exempt)] == []


@pytest.mark.parametrize(("policy", "where", "spoil"), REFUSED, ids=lambda value: getattr(value, "control", None))
def test_policy_refuses_and_names_the_place(policy: Policy, where: str, spoil: Break, plan: Plan) -> None:
    assert where in [place for place, _ in policy.breaks(spoil(plan))]


def test_every_policy_has_been_seen_to_refuse() -> None:
    assert {id(policy) for policy, _, _ in REFUSED} == {id(policy) for policy in POLICIES}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_policy_names_a_control_of_the_catalogue(policy: Policy) -> None:
    known = {item["id"] for item in YAML(typ="safe").load(CATALOGUE)["controls"]}
    assert policy.control in known
