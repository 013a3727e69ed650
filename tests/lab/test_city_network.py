"""A city's manager builds the city's networks by itself, inside the block and behind the router that the province gave.

The province makes an address scope, a pool with the city's block, the city's router and its link. A subnet from the
pool is in the scope; any other is not, and routers let nothing pass from one scope into another.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest
from openstack.exceptions import ConflictException, ForbiddenException, HttpException, NotFoundException
from tenacity import retry, stop_after_delay, wait_fixed

from lab.openstack import inside, settings
from lab.openstack.shell import LabError
from tests.lab.city import City, made, put

SHARED = "access_as_shared"
BLOCK = {4: "10.251.0.0/16", 6: "fd00:251::/48"}
LINK = {4: "10.250.0.0/30", 6: "fd00:250::/126"}
ENDS = {4: ("10.250.0.1", "10.250.0.2"), 6: ("fd00:250::1", "fd00:250::2")}  # of the province, of the city
INSIDE = {4: "10.251.1.0/24", 6: "fd00:251:0:1::/64"}
OUTSIDE = {4: "10.252.1.0/24", 6: "fd00:252:0:1::/64"}
STATEFUL: dict[int, dict[str, str]] = {
    4: {},
    6: {"ipv6_address_mode": "dhcpv6-stateful", "ipv6_ra_mode": "dhcpv6-stateful"},
}


@dataclass(frozen=True)
class Province:
    """What the province has made for the city, and the manager's way into the city's two projects."""

    city: City
    pools: dict[int, str]
    router: str
    link: str
    network: Any
    department: Any


@pytest.fixture(scope="module")
def province(cloud: Any) -> Iterator[Province]:
    network = cloud.network
    with ExitStack() as undo:
        pools: dict[str, dict[int, str]] = {"link": {}, "city": {}}
        for version in (4, 6):
            scope = network.create_address_scope(name="test-scope", ip_version=version, is_shared=True)
            undo.callback(network.delete_address_scope, scope)
            for name, block in (("link", LINK), ("city", BLOCK)):
                pool = network.create_subnet_pool(
                    name=f"test-{name}", prefixes=[block[version]], address_scope_id=scope.id
                )
                undo.callback(network.delete_subnet_pool, pool)
                pools[name][version] = pool.id
        link = network.create_network(name="test-link")
        undo.callback(network.delete_network, link)
        subnets = {
            version: network.create_subnet(
                network_id=link.id, ip_version=version, cidr=LINK[version], subnet_pool_id=pools["link"][version],
                gateway_ip=None, is_dhcp_enabled=False,
            ).id
            for version in (4, 6)
        }  # fmt: skip
        city = undo.enter_context(made(cloud))
        for pool in pools["city"].values():
            target = city.projects["department"]
            network.create_rbac_policy(
                object_type="subnetpool", object_id=pool, action=SHARED, target_project_id=target
            )
        routers = [network.create_router(name="test-province")]
        undo.callback(network.delete_router, routers[0])
        routers.append(network.create_router(name="test-city", project_id=city.projects["network"]))
        for end, router in enumerate(routers):
            addresses = [{"subnet_id": subnets[version], "ip_address": ENDS[version][end]} for version in (4, 6)]
            port = network.create_port(network_id=link.id, fixed_ips=addresses)
            network.add_interface_to_router(router, port=port.id)
            if router is routers[0]:  # the city's goes with the city
                undo.callback(network.remove_interface_from_router, router, port=port.id)
        both = (*BLOCK.items(), *((version, OUTSIDE[version]) for version in (4, 6)))
        routes = [{"destination": block, "nexthop": ENDS[version][1]} for version, block in both]
        network.update_router(routers[0], routes=routes)
        undo.callback(network.update_router, routers[0], routes=[])
        ways = (city.manager(project_id=city.projects[key]).network for key in ("network", "department"))
        yield Province(city, pools["city"], routers[1].id, link.id, *ways)


def first(block: str) -> str:
    """The gateway's address."""
    return str(ip_network(block)[1])


def segment(province: Province, name: str, blocks: dict[int, str], pools: dict[int, str]) -> str:
    """A network of the department, lent to the city's network project, whose router takes its subnets."""
    network = province.department.create_network(name=name)
    province.department.create_rbac_policy(
        object_type="network", object_id=network.id, action=SHARED, target_project_id=province.city.projects["network"]
    )
    for version in (4, 6):
        pool = {"subnet_pool_id": pools[version]} if pools else {}
        subnet = province.department.create_subnet(
            network_id=network.id, ip_version=version, cidr=blocks[version], gateway_ip=first(blocks[version]),
            **pool, **STATEFUL[version],
        )  # fmt: skip
        province.network.add_interface_to_router(province.router, subnet=subnet.id)
    found: str = network.id
    return found


@pytest.fixture(scope="module")
def segments(province: Province) -> tuple[str, str]:
    """One from the city's block, one that the manager made outside of it; and the way to the province."""
    made = segment(province, "inside", INSIDE, province.pools), segment(province, "outside", OUTSIDE, {})
    default = {4: "0.0.0.0/0", 6: "::/0"}
    routes = [{"destination": default[version], "nexthop": ENDS[version][0]} for version in (4, 6)]
    province.network.update_router(province.router, routes=routes)
    return made


def reaches(network: str, address: str) -> bool:
    """Does the address answer a ping from the network's DHCP server, which is a host there like any other?"""
    lab = settings.load()
    process = inside.first_process(lab)
    assert process
    try:
        inside.run_inside(process, ["ip", "netns", "exec", f"qdhcp-{network}", "ping", "-c1", "-W1", address])
    except LabError:
        return False
    return True


@retry(stop=stop_after_delay(40), wait=wait_fixed(1), reraise=True)
def reaches_at_last(network: str, address: str) -> None:
    assert reaches(network, address), address


@pytest.mark.parametrize("version", [4, 6])
def test_only_the_block_is_routed_to_the_province(segments: tuple[str, str], version: int) -> None:
    within, without = segments
    end, gateway = ENDS[version][0], first(OUTSIDE[version])
    reaches_at_last(within, end)
    reaches_at_last(without, gateway)
    assert not reaches(without, end)


@pytest.mark.parametrize("version", [4, 6])
def test_no_subnet_from_the_pool_leaves_the_block(province: Province, version: int) -> None:
    network = province.department.create_network(name="greedy")
    wanted = {"network_id": network.id, "ip_version": version, "cidr": OUTSIDE[version]}
    with pytest.raises(HttpException, match="Cannot allocate requested subnet"):
        province.department.create_subnet(**wanted, subnet_pool_id=province.pools[version])
    province.department.delete_network(network)


@pytest.mark.usefixtures("segments")
def test_the_block_and_the_link_stay_as_the_province_made_them(province: Province) -> None:
    pool = province.pools[4]
    scope = province.department.get_subnet_pool(pool).address_scope_id
    with pytest.raises(ForbiddenException):
        put(province.department, f"/subnetpools/{pool}/add_prefixes", {"prefixes": [OUTSIDE[4]]})
    with pytest.raises(ConflictException, match="Quota exceeded"):
        province.department.create_subnet_pool(name="own", prefixes=[OUTSIDE[4]], address_scope_id=scope)
    with pytest.raises(NotFoundException):
        province.network.get_network(province.link)
    with pytest.raises(NotFoundException):
        province.network.create_port(network_id=province.link)
    with pytest.raises(ConflictException):
        province.network.delete_router(province.router, ignore_missing=False)
    with pytest.raises(ConflictException, match="Quota exceeded"):
        province.network.create_router(name="second")
    port = next(iter(province.city.admin.network.ports(network_id=province.link, device_id=province.router)))
    with pytest.raises(HttpException):
        province.network.remove_interface_from_router(province.router, port=port.id)
    assert province.city.admin.network.get_port(port).device_id == province.router


def test_a_network_that_is_not_lent_joins_no_foreign_router(province: Province) -> None:
    network = province.department.create_network(name="kept")
    subnet = province.department.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.251.9.0/24", subnet_pool_id=province.pools[4]
    )
    with pytest.raises(NotFoundException):
        province.network.add_interface_to_router(province.router, subnet=subnet.id)
    province.department.delete_network(network)


def test_no_rule_names_an_address_group(province: Province) -> None:
    """The lab's firewall would open it to everybody."""
    everyone = province.department.create_address_group(name="towns", addresses=[INSIDE[4]])
    group = province.department.create_security_group(name="guarded")
    rule = {"security_group_id": group.id, "direction": "ingress", "protocol": "tcp"}
    with pytest.raises(ForbiddenException):
        province.department.create_security_group_rule(**rule, remote_address_group_id=everyone.id)
    province.department.create_security_group_rule(**rule, remote_ip_prefix=INSIDE[4])
    province.department.delete_security_group(group)
    province.department.delete_address_group(everyone)
