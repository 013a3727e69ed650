"""The slice that `pulumi up` made is what the data says, closed where the data is silent."""

import socket
from collections.abc import Iterable
from typing import Any

from lab import settlement
from lab.openstack import settings
from tests.lab.conftest import Run


def test_an_unchanged_preview_is_clean(run: Run) -> None:
    run(["pulumi", "preview", "--expect-no-changes"])


def test_what_tells_hosts_unchanged_is_the_same_in_each_state() -> None:
    assert "ciphertext" not in settlement.servers()


def test_one_router_alone_reaches_the_internet(cloud: Any) -> None:
    exits = [router.name for router in cloud.network.routers() if router.external_gateway_info]
    assert len(exits) == 1, exits


def test_no_security_group_of_the_stack_opens_more_than_the_exit(
    cloud: Any, hostvars: dict[str, dict[str, Any]]
) -> None:
    """Only the gateways take the whole Internet, and no host may reach the whole Internet."""
    gateways = {host["ansible_host"] for host in hostvars.values() if "ganyun_virtual_address" in host}
    gateways |= {host["ganyun_virtual_address"] for host in hostvars.values() if "ganyun_virtual_address" in host}
    addresses = {host["ansible_host"] for host in hostvars.values()}
    for port in cloud.network.ports():
        address = next((one["ip_address"] for one in port.fixed_ips if one["ip_address"] in addresses | gateways), None)
        if address is None:
            continue
        for group in port.security_group_ids:
            for rule in cloud.network.security_group_rules(security_group_id=group):
                if rule.remote_ip_prefix in {None, "0.0.0.0/0", "::/0"} and not rule.remote_group_id:
                    assert rule.direction == "ingress", (port.name, rule.to_dict())
                    assert address in gateways, (port.name, rule.to_dict())


def test_every_host_is_reached_through_the_bastion(on: Run, hostvars: dict[str, dict[str, Any]]) -> None:
    for name in hostvars:
        assert on(name, "hostname").stdout.strip() == name


def knock(on: Run, name: str, targets: Iterable[tuple[str, int]]) -> set[str]:
    """The addresses among `targets` whose port accepts a connection from the host, tried all at once."""
    tries = (
        f"(timeout 3 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo {address}) &" for address, port in targets
    )
    return set(on(name, " ".join([*tries, "wait"])).stdout.split())


def test_no_host_but_the_bastion_logs_in_to_another(on: Run, hostvars: dict[str, dict[str, Any]]) -> None:
    for name in hostvars:
        others = {(host["ansible_host"], 22) for other, host in hostvars.items() if other != name}
        reached = knock(on, name, others)
        assert reached == ({address for address, _ in others} if name.startswith("bastion") else set()), name


def test_the_recovery_site_has_its_own_project_network_and_router(
    cloud: Any, hostvars: dict[str, dict[str, Any]]
) -> None:
    sites: dict[str, set[tuple[str, str]]] = {"primary": set(), "recovery": set()}
    addresses = {host["ansible_host"]: host["ganyun_site"] for host in hostvars.values()}
    for port in cloud.network.ports(device_owner="compute:nova"):
        site = next((addresses[one["ip_address"]] for one in port.fixed_ips if one["ip_address"] in addresses), None)
        if site:
            sites[site].add((port.project_id, port.network_id))
    assert sites["recovery"]
    assert not {project for project, _ in sites["primary"]} & {project for project, _ in sites["recovery"]}
    assert not {network for _, network in sites["primary"]} & {network for _, network in sites["recovery"]}


def test_no_host_has_a_way_out(on: Run, hostvars: dict[str, dict[str, Any]]) -> None:
    """Something listens on the Internet side of the exit; no host reaches it."""
    with socket.create_server((str(settings.load().user_address), 0)) as listener:
        address, port = listener.getsockname()
        socket.create_connection((address, port), timeout=2).close()
        for name in hostvars:
            assert not knock(on, name, {(address, port)}), name
