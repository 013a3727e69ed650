"""The user's end of the veth pair: is the range free, then address and route."""

import json
from ipaddress import IPv4Network

from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError, run


def overlapping(network: IPv4Network, own_link: str, addresses: str, routes: str) -> list[str]:
    """What else on this machine uses the range, from the JSON of `ip address` and `ip route`."""
    taken = []
    for link in json.loads(addresses):
        for address in link["addr_info"]:
            used = IPv4Network(f"{address['local']}/{address['prefixlen']}", strict=False)
            if link["ifname"] != own_link and used.overlaps(network):
                taken.append(f"{link['ifname']} {address['local']}/{address['prefixlen']}")
    for route in json.loads(routes):
        if route["dst"] != "default" and route.get("dev") != own_link and IPv4Network(route["dst"]).overlaps(network):
            taken.append(f"route {route['dst']} dev {route.get('dev')}")
    return taken


def check_free(lab: LabSettings) -> None:
    """Refuse to start where the range or the link's name is in use."""
    used = overlapping(
        lab.network,
        lab.link,
        run(["ip", "-json", "-4", "address", "show"]),
        run(["ip", "-json", "-4", "route", "show", "type", "unicast"]),
    )
    if used:
        raise LabError(
            f"地址段已被占用 {lab.network} is in use on this machine: {'; '.join(used)}. "
            "Set GANYUN_LAB_NETWORK to a free /16, for example 198.19.0.0/16."
        )
    if link_exists(lab):
        raise LabError(
            f"网卡名已被占用 a link named {lab.link} exists: another lab uses {lab.network}. "
            "End that one, or set GANYUN_LAB_NETWORK to another /16."
        )


def link_exists(lab: LabSettings) -> bool:
    """Is the user's end there?"""
    return any(link["ifname"] == lab.link for link in json.loads(run(["ip", "-json", "link", "show"])))


def connect(lab: LabSettings) -> None:
    """Give the user's end its address, and send the range through it."""
    run(["ip", "address", "replace", f"{lab.user_address}/{lab.transfer.prefixlen}", "dev", lab.link])
    run(["ip", "link", "set", lab.link, "up"])
    run(["ip", "route", "replace", str(lab.network), "via", str(lab.address), "dev", lab.link])
