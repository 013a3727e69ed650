"""Breaks of what is not the network: tenants' shares and rights, servers, images, and the hosts' side of the border."""

from __future__ import annotations

from tests.lab.city import put
from tests.lab.platform_lab import RED, Lab, Undo, breaks

HOST = "mirror-1"
SSHD, SOURCE = "/etc/ssh/sshd_config.d/00-red.conf", "/etc/apt/sources.list.d/red.list"
FORWARD = "/etc/rsyslog.d/10-ganyun-forward.conf"
# What softens the host, and what mends it.
SOFTENED = (
    (
        rf'printf "MACs hmac-sha1\nCiphers aes128-cbc\nPasswordAuthentication yes\n" > {SSHD}',
        f"rm {SSHD}",
    ),
    (f"cp -a {FORWARD} /root/red.forward; sed -i s,x509/name,anon, {FORWARD}", f"mv /root/red.forward {FORWARD}"),
    (  # the kernel accepts redirects where it stops forwarding
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.tcp_syncookies=0",
        "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.tcp_syncookies=1 net.ipv4.conf.all.accept_redirects=0",
    ),
    (f"echo deb http://192.0.2.1/debian bookworm main > {SOURCE}", f"rm {SOURCE}"),
    ("systemctl --quiet disable nftables", "systemctl --quiet enable nftables"),
    (
        'nft "add chain inet mlps_intrusion output { policy accept; }"',
        "nft -f /etc/nftables.d/50-mlps-intrusion.nft",
    ),
)


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
