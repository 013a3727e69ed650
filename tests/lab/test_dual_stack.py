"""Every host speaks both families, along the same lines of the flow matrix and by no others."""

import json
from collections.abc import Iterable
from typing import Any

from tests.lab.conftest import Run

Hosts = dict[str, dict[str, Any]]


def reached(on: Run, name: str, targets: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those among the targets that answer the host's attempt, even by refusing; all are tried at once.

    A firewall says nothing, or that it is prohibited; only the target itself says that nothing listens there.
    """
    tries = (
        f"(said=$(timeout 3 bash -c '</dev/tcp/{address}/{port}' 2>&1) || grep -q refused <<<$said"
        f" && echo {address} {port}) &"
        for address, port in targets
    )
    lines = on(name, "\n".join([*tries, "wait"])).stdout.split("\n")
    return {(address, int(port)) for address, port in (line.split() for line in lines if line)}


def one_a_zone(hosts: Hosts) -> list[str]:
    """The first host of each zone."""
    return list({host["ganyun_zone"]: name for name, host in sorted(hosts.items(), reverse=True)}.values())


def permitted(host: dict[str, Any], hosts: Hosts) -> set[tuple[str, int]]:
    """The IPv6 addresses and TCP ports of other hosts that a host may call."""
    every = {other["ganyun_address6"] for other in hosts.values()}
    flows = [(flow["to"].removesuffix("/128"), flow) for flow in host["ganyun_flows_out"] if flow["protocol"] == "tcp"]
    return {(address, port) for address, flow in flows if address in every for port in flow["ports"]}


def test_every_host_has_its_planned_address_and_its_way_out_in_ipv6(on: Run, hostvars: Hosts) -> None:
    for name, host in hostvars.items():
        links = json.loads(on(name, "ip -json -6 address show scope global").stdout)
        every = [one for link in links for one in link.get("addr_info", [])]
        # The gateways' shared address is deprecated: nobody is called from it.
        found = {one["local"] for one in every if "local" in one and not one.get("deprecated")}
        assert found == {host["ganyun_address6"]}, name
        routes = json.loads(on(name, "ip -json -6 route show default").stdout)
        assert [route["gateway"].startswith("fe80:") for route in routes] == [True], (name, routes)


def test_what_the_matrix_permits_passes_over_ipv6_and_nothing_else(on: Run, hostvars: Hosts) -> None:
    """Of every port that some host hears, tried from a host of each zone."""
    ports = {port for host in hostvars.values() for flow in host["ganyun_flows_in"] for port in flow["ports"]}
    for name in one_a_zone(hostvars):
        others = [host["ganyun_address6"] for other, host in hostvars.items() if other != name]
        targets = {(address, port) for address in others for port in ports}
        assert reached(on, name, targets) == permitted(hostvars[name], hostvars), name


def test_the_sites_answer_over_ipv6_through_the_gateways(on: Run, inventory: dict[str, Any], hostvars: Hosts) -> None:
    address = hostvars["gw-1"]["ganyun_virtual_address6"]
    assert address == hostvars["gw-2"]["ganyun_virtual_address6"]
    for site in inventory["all"]["vars"]["ganyun_sites"]:
        page = (
            f"curl --silent --fail --cacert /etc/ganyun/tls/ca.crt --resolve '{site['host']}:443:[{address}]'"
            f" https://{site['host']}/"
        )
        assert site["title"] in on("monitor-1", page).stdout


def test_the_monitor_probes_every_site_in_each_family(on: Run, inventory: dict[str, Any]) -> None:
    query = "curl -s 'http://127.0.0.1:9090/api/v1/query?query=probe_success'"
    samples = json.loads(on("monitor-1", query).stdout)["data"]["result"]
    good = {(one["metric"]["website"], one["metric"]["family"]) for one in samples if one["value"][1] == "1"}
    sites = [site["name"] for site in inventory["all"]["vars"]["ganyun_sites"]]
    assert good == {(site, family) for site in sites for family in ("IPv4", "IPv6")}


def test_nothing_leaves_the_extranet_over_ipv6(on: Run, hostvars: Hosts) -> None:
    """The exit has no way to the IPv6 Internet: what is sent there comes to an end, from a host at the exit too."""
    for name in one_a_zone(hostvars):
        assert not reached(on, name, {("2001:db8::1", 443)}), name
