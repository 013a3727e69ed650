"""Components build what is planned in both families: subnets, ports, routers and rules."""

import pytest

from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.settings import ROOT
from tests.unit.test_components import Recorder, built, module


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(load(ROOT / "stacks"), "lab")


@pytest.fixture(scope="module")
def made(plan: Plan) -> Recorder:
    return built(plan)


def test_every_network_has_a_subnet_of_each_family_with_the_planned_gateway(made: Recorder, plan: Plan) -> None:
    subnets = {(one["networkId"], one["ipVersion"]): one for one in made.of(module("Subnet")).values()}
    assert len(subnets) == 2 * len(made.of(module("Network")))
    for segment in plan.segments:
        four, six = (subnets[f"{segment.name}-id", version] for version in (4, 6))
        assert (four["cidr"], four["gatewayIp"]) == (str(segment.cidr), str(segment.gateway))
        assert (six["cidr"], six["gatewayIp"]) == (str(segment.cidr6), str(segment.gateway6))
        assert (six["ipv6AddressMode"], six["ipv6RaMode"]) == ("dhcpv6-stateful", "dhcpv6-stateful")
        assert (four["dnsNameservers"], six["dnsNameservers"]) == (["0.0.0.0"], ["::"])  # noqa: S104 (no name server)
        assert "ipv6AddressMode" not in four
    for link in plan.links:
        for version, cidr in ((4, link.cidr), (6, link.cidr6)):
            assert subnets[f"{link.name}-id", version]["cidr"] == str(cidr)
            assert subnets[f"{link.name}-id", version]["enableDhcp"] is False


def test_every_port_has_the_planned_address_of_each_family(made: Recorder, plan: Plan) -> None:
    expected = {host.name: {str(host.address), str(host.address6)} for g in plan.host_groups for host in g.hosts}
    for group in plan.host_groups:
        if group.virtual_address:
            shared = {str(group.virtual_address), str(group.virtual_address6)}
            expected[f"{group.name}-{group.virtual_address_name}"] = shared
    for link in plan.links:
        for end, *addresses in link.dual_ends:
            expected[f"{link.name}-{end}"] = set(map(str, addresses))
    ports = {name: one["fixedIps"] for name, one in made.of(module("Port")).items()}
    assert {name: {one["ipAddress"] for one in fixed} for name, fixed in ports.items()} == expected
    every = [one for fixed in ports.values() for one in fixed]
    assert all(one["subnetId"].endswith("-ipv6-id") == (":" in one["ipAddress"]) for one in every)


def test_only_the_gateways_may_speak_for_other_addresses_and_for_both_virtual_ones(made: Recorder, plan: Plan) -> None:
    ports = made.of(module("Port"))
    pairs = {name: {p["ipAddress"] for p in one.get("allowedAddressPairs") or []} for name, one in ports.items()}
    group = next(group for group in plan.host_groups if group.virtual_address)
    shared = {str(group.virtual_address), str(group.virtual_address6)}
    names = {host.name for host in group.hosts}
    assert pairs == {name: shared if name in names else set() for name in pairs}


def test_routers_join_and_route_both_families(made: Recorder, plan: Plan) -> None:
    joined = {(one["routerId"], one.get("subnetId")) for one in made.of(module("RouterInterface")).values()}
    for segment in plan.segments:
        assert {(f"{segment.router}-id", f"{segment.name}{six}-id") for six in ("", "-ipv6")} <= joined
    routes = made.of("openstack:networking/routerRoutesV2:RouterRoutesV2")
    for router in plan.routers:
        planned = {(str(r.destination), str(r.next_hop)) for r in (*router.routes, *router.routes6)}
        assert {(r["destinationCidr"], r["nextHop"]) for r in routes[router.name]["routes"]} == planned


def test_a_server_waits_for_its_gateway_in_each_family(made: Recorder, plan: Plan) -> None:
    waits = made.options("openstack:compute/instance:Instance")
    for group in plan.host_groups:
        router = next(segment.router for segment in plan.segments if segment.key == group.segment)
        for host in group.hosts:
            urns = {urn.rpartition("::")[2] for urn in waits[host.name].dependencies}
            assert {f"{router}-{group.segment}", f"{router}-{group.segment}-ipv6"} <= urns


def test_a_ping_is_of_its_own_protocol_in_each_family() -> None:
    plan = build_plan(load(ROOT / "tests" / "lab" / "two_levels"), "upper")
    rules = built(plan).of("openstack:networking/secGroupRule:SecGroupRule").values()
    assert {(one["ethertype"], one["protocol"]) for one in rules if "icmp" in one["protocol"]} == {
        ("IPv4", "icmp"),
        ("IPv6", "ipv6-icmp"),
    }
