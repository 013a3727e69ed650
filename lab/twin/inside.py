"""Process 1 of the twin: makes its namespaces, starts FRR in each, and ends with its standard input.

Everything that it makes is in mount, network and process namespaces of its own, so its end leaves nothing behind.
"""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.extranet.model import Node
from infra.extranet.render import SUFFIX
from lab.openstack.shell import run
from lab.twin.layout import CUSTOMER, INTERNET, PROVIDER, Host, Layout, namespace, plan_layout

DAEMONS = Path("/usr/lib/frr")
CONFIGURATION, LOGS = Path("/etc/frr"), Path("/run/twin")
SYSCTL = "net.ipv6.conf.{0}.accept_ra=0 net.ipv6.conf.{0}.accept_dad=0 net.ipv4.conf.{0}.rp_filter=0"
FORWARD = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")  # in a VRF's namespace; FRR sets its own
UP = "up"


def build(layout: Layout) -> None:
    """All namespaces, wires and hosts."""
    for folder in (Path("/run"), CONFIGURATION, Path("/var/tmp")):  # noqa: S108 - where FRR keeps its own
        run(["mount", "-t", "tmpfs", "tmpfs", folder])
    for folder in (Path("/run/netns"), Path("/run/frr"), Path("/var/tmp/frr"), LOGS):  # noqa: S108
        folder.mkdir()
    batch([f"netns add {name}" for name in layout.namespaces])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        vrfs = {namespace(node.name, table.vrf) for node in layout.nodes for table in node.tables if table.vrf}
        list(pool.map(lambda name: settle(name, name in vrfs), layout.namespaces))
    batch([f"link add {a[1]} netns {a[0]} type veth peer name {b[1]} netns {b[0]}" for a, b in layout.wires])
    up: dict[str, list[str]] = {}
    for end in (end for wire in layout.wires for end in wire):
        up.setdefault(end[0], []).append(end[1])
    for name, interfaces in up.items():
        batch([f"link set dev {interface} up" for interface in interfaces], name)
    for host in layout.hosts:
        join(host)
    for node in layout.nodes:
        if node.role == "exit":
            batch([f"address add {address} dev {INTERNET}" for address in CUSTOMER], node.name)
            batch([f"route add default via {address.partition('/')[0]}" for address in PROVIDER], node.name)


def settle(name: str, vrf: bool) -> None:
    """What a router's image has set before any interface comes."""
    words = [word for scope in ("all", "default") for word in SYSCTL.format(scope).split()]
    run(["ip", "netns", "exec", name, "sysctl", "-q", "-w", *words, *(FORWARD if vrf else ())])
    run(["ip", "-n", name, "link", "set", "dev", "lo", "up"])


def batch(lines: list[str], name: str | None = None) -> None:
    """Commands of ip(8), in a namespace."""
    words = ["ip", *(["-n", name] if name else []), "-batch", "-"]
    subprocess.run(words, input="\n".join(lines), text=True, check=True)


def join(host: Host) -> None:
    """A host's segment is a bridge in its own namespace, with a wire to each router."""
    for number, (router, port) in enumerate(host.ports):
        batch([f"link add {port} netns {router} type veth peer name port{number} netns {host.name}"])
        batch([f"link set dev {port} up"], router)
    batch(
        [
            "link add segment type bridge",
            *(f"link set dev port{number} master segment up" for number, _ in enumerate(host.ports)),
            "link set dev segment up",
            *(f"address add {address} dev segment" for address in host.addresses),
            *(f"address add {address} dev lo" for address in host.own),
            *(f"route add default via {gateway}" for gateway in host.gateways),
        ],
        host.name,
    )


def start(node: Node, file: Path) -> None:
    """FRR of one router: the daemons that its role needs, then the configuration as it was generated."""
    for folder in (CONFIGURATION / node.name, Path("/run/frr") / node.name, LOGS / node.name):
        folder.mkdir()
        shutil.chown(folder, "frr", "frr")
    (CONFIGURATION / node.name / "frr.conf").write_bytes(file.read_bytes())
    (CONFIGURATION / node.name / "vtysh.conf").touch()
    vrfs = [table.vrf for table in node.tables if table.vrf]
    lines = ["set -e"]
    if vrfs:  # `zebra -n` takes every namespace that it sees for a VRF: let it see its own alone, by the VRF's name
        own = LOGS / node.name / "netns"
        lines.append(f"mkdir {own}")
        for vrf in vrfs:
            lines += [f"touch {own}/{vrf}", f"mount --bind /run/netns/{namespace(node.name, vrf)} {own}/{vrf}"]
        lines.append(f"mount --rbind {own} /run/netns")
    daemons = ["zebra -n" if vrfs else "zebra", "staticd", *(["bfdd"] if node.role != "township" else []), "bgpd"]
    for daemon in daemons:
        log = LOGS / node.name / f"{daemon.split()[0]}.log"
        lines.append(f"{DAEMONS}/{daemon} -d -N {node.name} -P 0 --log file:{log} 2>>{log}")
    lines.append(f"vtysh -N {node.name} -b")
    run(["ip", "netns", "exec", node.name, "sh", "-c", "\n".join(lines)])


def main(facts: str, folder: str, city: str, townships: str) -> None:
    """Start everything, say so, and stay until standard input ends."""
    layout = plan_layout(Path(facts), city, int(townships))
    build(layout)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda node: start(node, Path(folder) / f"{node.name}{SUFFIX}"), layout.nodes))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # daemons that end are nobody's children but ours
    sys.stdout.write(f"{UP}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
