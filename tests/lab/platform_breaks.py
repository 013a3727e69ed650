"""Breaks of the cloud's network: rules, networks, routers, ports and addresses that no plan has."""

from __future__ import annotations

from typing import Any

import openstack

from tests.lab.city import put
from tests.lab.platform_lab import RED, Lab, Undo, breaks

RULES = "8.1.3.2-a:cloud 8.2.3.1-a:planned 8.1.3.3-b:segmented 8.1.5.4-e:policies 8.2.3.1-b:rules"


def rule(lab: Lab, undo: Undo, group: Any, **what: Any) -> None:
    """One rule too many."""
    ports = {"protocol": "tcp", "port_range_min": 5432, "port_range_max": 5432, "ether_type": "IPv4", **what}
    made = lab.cloud.network.create_security_group_rule(security_group_id=group.id, **ports)
    undo.callback(lab.cloud.network.delete_security_group_rule, made.id, ignore_missing=False)


@breaks(f"{RULES} 8.2.3.1-a:narrow 8.1.3.2-c:cloud 8.1.3.3-a:openings")
def a_database_opened_to_everybody(lab: Lab, undo: Undo) -> None:
    rule(lab, undo, lab.group("approval-database", "city-approval"), direction="ingress", remote_ip_prefix="0.0.0.0/0")


@breaks(f"{RULES} 8.2.3.1-a:narrow 8.1.3.2-c:cloud 8.1.3.1-c:egress")
def a_way_out_to_everywhere(lab: Lab, undo: Undo) -> None:
    group = lab.group("recovery-backup-vault", "province-information-centre")
    rule(lab, undo, group, direction="egress", remote_ip_prefix="0.0.0.0/0")


@breaks(f"{RULES} 8.1.5.4-a:bastion-only")
def a_log_in_past_the_bastion(lab: Lab, undo: Undo) -> None:
    nodes = lab.group("website-web-node", "city-office")
    group, ports = lab.group("approval-database", "city-approval"), {"port_range_min": 22, "port_range_max": 22}
    rule(lab, undo, group, direction="ingress", remote_group_id=nodes.id, **ports)


@breaks("8.2.3.1-a:planned 8.2.3.1-a:default-deny 8.1.3.2-a:cloud 8.1.3.2-a:cloud-default")
def a_rule_in_a_default_group(lab: Lab, undo: Undo) -> None:
    group = lab.group("default", "city-office")
    rule(lab, undo, group, direction="ingress", remote_group_id=group.id)


@breaks("8.2.3.1-a:used 8.1.3.2-b:used")
def a_group_that_nothing_uses(lab: Lab, undo: Undo) -> None:
    made = lab.cloud.network.create_security_group(name=RED, project_id=lab.projects["city-office"])
    undo.callback(lab.cloud.network.delete_security_group, made.id, ignore_missing=False)
    for one in lab.cloud.network.security_group_rules(security_group_id=made.id):
        lab.cloud.network.delete_security_group_rule(one)


@breaks("8.1.2.1-c:nothing-else 8.1.2.1-c:no-overlap 8.2.2.1-b:shared 8.2.2.1-b:lent")
def a_network_for_everybody_over_anothers_addresses(lab: Lab, undo: Undo) -> None:
    network, project = lab.cloud.network, lab.projects["city-office"]
    made = network.create_network(name=RED, project_id=project, is_shared=True)
    undo.callback(network.delete_network, made.id, ignore_missing=False)
    taken = lab.subnet("website-shared").cidr
    network.create_subnet(name=RED, project_id=project, network_id=made.id, ip_version=4, cidr=taken,
                          is_dhcp_enabled=False)  # fmt: skip


@breaks("8.1.2.1-c:nothing-else 8.1.2.1-c:within-zone")
def a_subnet_outside_its_zone(lab: Lab, undo: Undo) -> None:
    network = lab.named("networks", "website-shared")
    own = {"network_id": network.id, "project_id": network.project_id, "is_dhcp_enabled": False, "gateway_ip": None}
    made = lab.cloud.network.create_subnet(name=RED, ip_version=4, cidr="192.0.2.0/28", **own)
    undo.callback(lab.cloud.network.delete_subnet, made.id, ignore_missing=False)


@breaks(
    "8.1.2.1-c:planned 8.1.2.1-c:nothing-else 8.1.3.1-a:joins 8.1.3.1-b:bound 8.1.5.4-a:zone 8.2.4.2-a:bound"
    " 8.2.5.1-b:networks"
)
def a_planned_network_under_another_name(lab: Lab, undo: Undo) -> None:
    network = lab.named("networks", "operations-management")
    undo.callback(look_again, lab, network.id)
    undo.callback(lab.cloud.network.update_network, network.id, name=network.name)
    lab.cloud.network.update_network(network.id, name=RED)


def look_again(lab: Lab, network: str) -> None:
    """Nova keeps the names of its servers' networks, and would itself look again only minutes later."""
    ports = [one for one in lab.cloud.network.ports(network_id=network) if one.device_owner.startswith("compute:")]
    events = [{"name": "network-changed", "server_uuid": one.device_id, "tag": one.id} for one in ports]
    answer = lab.cloud.compute.post("/os-server-external-events", json={"events": events})
    openstack.exceptions.raise_from_response(answer)


@breaks(
    "8.1.3.1-a:one-exit 8.1.3.1-a:no-translation 8.1.3.1-a:routers 8.1.3.1-a:joins 8.1.2.1-d:inner-zones"
    " 8.1.2.1-d:floating 8.2.5.1-b:networks"
)
def a_second_exit_with_an_address_for_the_database(lab: Lab, undo: Undo) -> None:
    network, project = lab.cloud.network, lab.projects["city-approval"]
    outside = next(iter(network.networks(is_router_external=True))).id
    inside = lab.subnet("approval-dedicated")
    router = network.create_router(name=RED, project_id=project, external_gateway_info={"network_id": outside})
    undo.callback(network.delete_router, router.id, ignore_missing=False)
    own = {"network_id": inside.network_id, "fixed_ips": [{"subnet_id": inside.id}]}
    port = network.create_port(name=RED, project_id=project, **own)
    network.add_interface_to_router(router.id, port_id=port.id)
    undo.callback(network.remove_interface_from_router, router.id, port_id=port.id)
    fixed = lab.named("ports", "db-1").id
    address = network.create_ip(floating_network_id=outside, project_id=project, port_id=fixed)
    undo.callback(network.delete_ip, address.id, ignore_missing=False)


@breaks("8.1.2.1-d:direct 8.1.3.1-b:ports")
def a_port_on_the_outside_network(lab: Lab, undo: Undo) -> None:
    outside = next(iter(lab.cloud.network.networks(is_router_external=True))).id
    group = lab.group("website-web-node", "city-office")
    own = {"network_id": outside, "project_id": lab.projects["city-office"], "security_group_ids": [group.id]}
    made = lab.cloud.network.create_port(name=RED, **own)
    undo.callback(lab.cloud.network.delete_port, made.id, ignore_missing=False)


@breaks("8.1.2.1-d:one-leg 8.1.3.1-b:ports 8.1.5.4-a:apart 8.2.5.1-b:hosts")
def a_host_with_a_second_leg(lab: Lab, undo: Undo) -> None:
    network = lab.named("networks", "website-shared")
    own = {"network_id": network.id, "project_id": network.project_id, "device_id": lab.server("mirror-1").id}
    group = lab.group("website-web-node", "city-office")
    made = lab.cloud.network.create_port(name="red-leg", security_group_ids=[group.id], **own)
    undo.callback(lab.cloud.network.delete_port, made.id, ignore_missing=False)


@breaks("8.1.2.1-d:routes")
def a_route_too_many(lab: Lab, undo: Undo) -> None:
    core = lab.named("routers", "core")
    hops = (route["nexthop"] for route in core.routes)
    route = {"destination": "192.0.2.0/24", "nexthop": next(hop for hop in hops if ":" not in hop)}
    body = {"router": {"routes": [route]}}
    put(lab.cloud.network, f"/routers/{core.id}/add_extraroutes", body)
    undo.callback(put, lab.cloud.network, f"/routers/{core.id}/remove_extraroutes", body)


@breaks("8.1.3.1-a:port-security 8.1.3.1-b:bound 8.2.4.2-a:bound")
def a_port_that_nothing_filters(lab: Lab, undo: Undo) -> None:
    """The shared address's: no server's, so that nothing of the site's traffic passes it."""
    port = lab.named("ports", "website-web-gateway-sites")
    undo.callback(
        lab.cloud.network.update_port, port.id, is_port_security_enabled=True, security_groups=port.security_group_ids
    )
    lab.cloud.network.update_port(port.id, security_groups=[], is_port_security_enabled=False)


@breaks("8.1.3.1-b:pairs 8.1.3.1-b:ports")
def a_port_with_others_addresses(lab: Lab, undo: Undo) -> None:
    network = lab.named("networks", "website-shared")
    group = lab.group("website-web-node", "city-office")
    own = {"network_id": network.id, "project_id": network.project_id, "security_group_ids": [group.id]}
    made = lab.cloud.network.create_port(name="red-pairs", allowed_address_pairs=[{"ip_address": "10.0.0.0/9"}], **own)
    undo.callback(lab.cloud.network.delete_port, made.id, ignore_missing=False)


@breaks("8.1.3.1-a:network-security")
def a_network_whose_new_ports_nothing_filters(lab: Lab, undo: Undo) -> None:
    network = lab.named("networks", "website-shared")
    undo.callback(lab.cloud.network.update_network, network.id, is_port_security_enabled=True)
    lab.cloud.network.update_network(network.id, is_port_security_enabled=False)


@breaks("8.2.2.1-b:external")
def an_exit_that_everybody_may_use(lab: Lab, undo: Undo) -> None:
    made = lab.cloud.network.create_network(name="red-outside", is_router_external=True)
    undo.callback(lab.cloud.network.delete_network, made.id, ignore_missing=False)
