"""The slice that `pulumi up` made is what the data says, closed where the data is silent."""

import socket
from typing import Any

from tests.lab.conftest import Run


def test_an_unchanged_preview_is_clean(run: Run) -> None:
    run(["pulumi", "preview", "--expect-no-changes"])


def test_one_router_alone_reaches_the_internet(cloud: Any) -> None:
    exits = [router.name for router in cloud.network.routers() if router.external_gateway_info]
    assert len(exits) == 1, exits


def test_no_security_group_of_the_stack_opens_more_than_the_exit(
    cloud: Any, hostvars: dict[str, dict[str, Any]]
) -> None:
    """Only the gateways take the whole Internet, and no host may reach the whole Internet."""
    gateways = {host["ansible_host"] for host in hostvars.values() if "ganyun_virtual_address" in host}
    gateways |= {host["ganyun_virtual_address"] for host in hostvars.values() if "ganyun_virtual_address" in host}
    for port in cloud.network.ports(device_owner="compute:nova"):
        address = port.fixed_ips[0]["ip_address"]
        for group in port.security_group_ids:
            for rule in cloud.network.security_group_rules(security_group_id=group):
                if rule.remote_ip_prefix in {None, "0.0.0.0/0", "::/0"} and not rule.remote_group_id:
                    assert rule.direction == "ingress", (port.name, rule.to_dict())
                    assert address in gateways, (port.name, rule.to_dict())


def test_management_is_reached_over_the_bastion_alone(on: Run, hostvars: dict[str, dict[str, Any]]) -> None:
    for name, host in hostvars.items():
        assert on(name, "hostname").stdout.strip() == name
        if name.startswith("bastion"):
            continue
        with socket.socket() as knock:
            knock.settimeout(2)
            assert knock.connect_ex((host["ansible_host"], 22)) != 0, name


def test_hosts_of_one_zone_do_not_log_in_to_another(on: Run, hostvars: dict[str, dict[str, Any]]) -> None:
    target = hostvars["db-1"]["ansible_host"]
    refused = on("web-1", f"timeout 3 bash -c '</dev/tcp/{target}/22'", check=False)
    assert refused.returncode != 0


def test_the_recovery_site_has_its_own_project_network_and_router(
    cloud: Any, hostvars: dict[str, dict[str, Any]]
) -> None:
    sites: dict[str, set[tuple[str, str]]] = {"primary": set(), "recovery": set()}
    addresses = {host["ansible_host"]: host["ganyun_site"] for host in hostvars.values()}
    for port in cloud.network.ports(device_owner="compute:nova"):
        site = addresses.get(port.fixed_ips[0]["ip_address"])
        if site:
            sites[site].add((port.project_id, port.network_id))
    assert sites["recovery"]
    assert not {project for project, _ in sites["primary"]} & {project for project, _ in sites["recovery"]}
    assert not {network for _, network in sites["primary"]} & {network for _, network in sites["recovery"]}


def test_data_and_management_have_no_way_to_the_internet(on: Run) -> None:
    for name in ("db-1", "monitor-1", "vault-1"):
        assert on(name, "timeout 3 bash -c '</dev/tcp/198.18.255.2/80'", check=False).returncode != 0
