"""What is broken by hand on the real cloud, which points must then fail, and how each is put back.

Nothing here cuts a host off: rules, networks, routers and roles too many, and settings of what no packet passes.
Not broken on a living cloud, but in tests/unit/cloud_audit alone: server groups (members can't be given back), services
(they would have to die), clocks, TLS of the sites, and what the lab lacks anyway (spare machines, HTTPS, detection).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.lab.city import put
from tests.lab.conftest import Run

RED = "red"
RULES = "8.1.3.2-a:cloud 8.2.3.1-a:planned 8.1.3.3-b:segmented 8.1.5.4-e:policies 8.2.3.1-b:rules"
HOST = "mirror-1"
SSHD, SOURCE = "/etc/ssh/sshd_config.d/00-red.conf", "/etc/apt/sources.list.d/red.list"
FORWARD = "/etc/rsyslog.d/10-ganyun-forward.conf"
# What softens the host, and what mends it.
SOFTENED = (
    (
        rf'printf "MACs hmac-sha1\nCiphers aes128-cbc\nPasswordAuthentication yes\n" > {SSHD}',
        f"rm {SSHD}",
    ),
    (f"sed -i s,x509/name,anon, {FORWARD}", f"sed -i s,anon,x509/name, {FORWARD}"),
    (
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.tcp_syncookies=0",
        "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.tcp_syncookies=1",
    ),
    (f"echo deb http://192.0.2.1/debian bookworm main > {SOURCE}", f"rm {SOURCE}"),
    ("systemctl --quiet disable nftables", "systemctl --quiet enable nftables"),
    (
        'nft "add chain inet mlps_intrusion output { policy accept; }"',
        "nft -f /etc/nftables.d/50-mlps-intrusion.nft",
    ),
)


@dataclass(frozen=True)
class Lab:
    """The cloud as its admin sees it, the hosts, and the ids of the projects by name."""

    cloud: Any
    on: Run
    projects: dict[str, str]

    def group(self, name: str, project: str) -> Any:
        """A security group."""
        return next(iter(self.cloud.network.security_groups(name=name, project_id=self.projects[project])))

    def named(self, kind: str, name: str) -> Any:
        """The one network resource of that name."""
        return next(iter(getattr(self.cloud.network, kind)(name=name)))

    def subnet(self, network: str) -> Any:
        """The IPv4 subnet of a network: one of IPv6 would have a second router announce itself to the hosts."""
        key = self.named("networks", network).id
        return next(iter(self.cloud.network.subnets(network_id=key, ip_version=4)))

    def server(self, name: str) -> Any:
        """A host's server."""
        return next(one for one in self.cloud.compute.servers(all_projects=True) if one.name == name)


Undo = ExitStack
Break = Callable[[Lab, Undo], None]
BREAKS: list[tuple[str, str, Break]] = []


def breaks(points: str) -> Callable[[Break], Break]:
    """Enter a break into the table, by the points that it must make fail."""

    def register(one: Break) -> Break:
        BREAKS.append((one.__name__, points, one))
        return one

    return register


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
    undo.callback(lab.cloud.network.update_network, network.id, name=network.name)
    lab.cloud.network.update_network(network.id, name=RED)


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


@breaks("8.2.2.1-b:crossing")
def a_project_that_sees_anothers_group(lab: Lab, undo: Undo) -> None:
    network, office = lab.cloud.network, lab.projects["city-office"]
    group = next(one for one in network.security_groups() if one.project_id == office)
    lent = {"object_type": "security_group", "object_id": group.id, "action": "access_as_shared"}
    made = network.create_rbac_policy(target_project_id=lab.projects["city-information-centre"], **lent)
    undo.callback(network.delete_rbac_policy, made.id, ignore_missing=False)


@breaks("8.2.2.1-c:borders 8.2.2.1-d:borders 8.2.4.2-b:borders 8.2.5.1-a:network-quotas")
def a_project_without_groups(lab: Lab, undo: Undo) -> None:
    quota(lab, undo, "network", "city-approval", {"security_group": 0})


@breaks("8.2.5.1-a:network-quotas")
def a_project_without_a_limit_of_ports(lab: Lab, undo: Undo) -> None:
    quota(lab, undo, "network", "city-office", {"port": -1})


@breaks("8.2.5.1-a:compute-quotas")
def a_project_without_a_limit_of_servers(lab: Lab, undo: Undo) -> None:
    quota(lab, undo, "compute", "city-office", {"instances": -1})


def quota(lab: Lab, undo: Undo, service: str, project: str, limits: dict[str, int]) -> None:
    """Other limits, and later those that were."""
    path, key = {"network": ("/quotas", "quota"), "compute": ("/os-quota-sets", "quota_set")}[service]
    adapter, where = getattr(lab.cloud, service), f"{path}/{lab.projects[project]}"
    before = adapter.get(where).json()[key]
    undo.callback(put, adapter, where, {key: {name: before[name] for name in limits}})
    put(adapter, where, {key: limits})


@breaks("8.2.2.1-a:labelled")
def a_host_of_another_level(lab: Lab, undo: Undo) -> None:
    server = lab.server("mirror-1")
    undo.callback(lab.cloud.compute.set_server_metadata, server.id, level=server.metadata["level"])
    lab.cloud.compute.set_server_metadata(server.id, level="2")


@breaks("8.2.4.3-b:strange 8.2.4.3-b:running")
def a_server_under_another_name(lab: Lab, undo: Undo) -> None:
    server = lab.server("vault-1")
    undo.callback(lab.cloud.compute.update_server, server.id, name=server.name)
    lab.cloud.compute.update_server(server.id, name=RED)


@breaks("8.2.4.4-a:images")
def an_image_out_of_use(lab: Lab, undo: Undo) -> None:
    image = next(one for one in lab.cloud.image.images() if one.id == lab.server("mirror-1").image.id)
    undo.callback(lab.cloud.image.reactivate_image, image.id)
    lab.cloud.image.deactivate_image(image.id)


@breaks("8.2.4.4-b:hashes 8.2.4.4-b:offered 8.2.4.4-c:snapshots")
def a_snapshot_for_everybody(lab: Lab, undo: Undo) -> None:
    form = {"container_format": "bare", "disk_format": "raw", "visibility": "public", "image_type": "snapshot"}
    answer = lab.cloud.image.post("/images", json={"name": RED, "owner": lab.projects["city-office"], **form})
    undo.callback(lab.cloud.image.delete_image, answer.json()["id"], ignore_missing=False)


@breaks("8.2.4.5-b:roles 8.2.4.5-b:users 8.2.4.5-b:admins 8.2.5.1-a:projects")
def a_stranger_with_rights(lab: Lab, undo: Undo) -> None:
    identity, roles = lab.cloud.identity, {role.name: role.id for role in lab.cloud.identity.roles()}
    domain = identity.get_project(lab.projects["city-office"]).domain_id
    project = identity.create_project(name=RED, domain_id=domain)
    undo.callback(identity.delete_project, project.id, ignore_missing=False)
    user = identity.create_user(name=RED, domain_id=domain, is_enabled=False)
    undo.callback(identity.delete_user, user.id, ignore_missing=False)
    put(identity, f"/projects/{lab.projects['city-office']}/users/{user.id}/roles/{roles['member']}")
    put(identity, f"/projects/{project.id}/users/{user.id}/roles/{roles['admin']}")


@breaks("8.2.5.1-b:api")
def an_api_among_the_tenants(lab: Lab, undo: Undo) -> None:
    identity = lab.cloud.identity
    service = identity.create_service(name=RED, type=RED)
    undo.callback(identity.delete_service, service.id, ignore_missing=False)
    identity.create_endpoint(service_id=service.id, interface="internal", url="https://10.6.96.9:1")


@breaks(
    "8.1.2.2-a:ssh 8.1.2.2-b:ssh 8.1.5.4-b:ssh 8.1.5.4-b:keys 8.2.4.1:hosts 8.2.4.4-a:log-in 8.2.4.4-a:hardened"
    " 8.1.2.2-a:logs 8.1.2.2-b:logs 8.1.5.4-b:logs 8.1.3.1-a:forwarding 8.1.3.1-c:host-egress 8.1.3.3-a:syn"
    " 8.1.3.2-a:hosts 8.1.3.3-b:host-firewall 8.1.5.4-e:packages"
)
def a_host_made_soft(lab: Lab, undo: Undo) -> None:
    """Files that no daemon is told of, and switches of the one host that serves no one else's traffic."""
    undo.callback(lab.on, HOST, f"sudo sh -e -c '{'; '.join(mend for _, mend in SOFTENED)}'")
    lab.on(HOST, f"sudo sh -e -c '{'; '.join(soften for soften, _ in SOFTENED)}'")


@breaks("8.1.2.1-e:gateway-pair")
def a_gateway_that_may_not_take_over(lab: Lab, undo: Undo) -> None:
    """The one that does not hold the shared address now."""
    shared = [each["ip_address"] for each in lab.named("ports", "website-web-gateway-sites").fixed_ips]
    held = {one: lab.on(one, "ip -o address").stdout for one in ("gw-1", "gw-2")}
    idle = next(one for one, text in held.items() if not any(f" {address}/" in text for address in shared))
    port = lab.named("ports", idle)
    undo.callback(lab.cloud.network.update_port, port.id, allowed_address_pairs=port.allowed_address_pairs)
    lab.cloud.network.update_port(port.id, allowed_address_pairs=[])


@breaks("8.1.3.5-c:days 8.1.5.4-d:kept")
def a_vault_that_forgets_early(lab: Lab, undo: Undo) -> None:
    file = "/etc/tmpfiles.d/ganyun-log-vault.conf"
    undo.callback(lab.on, "monitor-1", f"sudo sed -i s/m:90d/m:200d/ {file}")
    lab.on("monitor-1", f"sudo sed -i s/m:200d/m:90d/ {file}")


@contextmanager
def broken(lab: Lab) -> Iterator[set[tuple[str, str]]]:
    """Everything broken at once, for as long as it is looked at; the points that must fail."""
    with ExitStack() as undo:
        for _, _, one in BREAKS:
            one(lab, undo)
        named = " ".join(points for _, points, _ in BREAKS).split()
        yield {(item, point) for item, _, point in (one.partition(":") for one in named)}
