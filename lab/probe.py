"""Look at this machine: the facts that the preflight judges. Kernel features are tried in a throw-away namespace.

Run as `python -m lab.probe` inside that namespace it prints the names of the features that work there.
"""

import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

from lab.openstack import cgroups, inside, network
from lab.openstack import settings as lab_settings
from lab.openstack.shell import run
from lab.paths import Paths
from lab.preflight import FEATURES, PROGRAMS, Facts

NETLINK_NETFILTER = 12
NLM_F_REQUEST = 1


def attribute(number: int, value: bytes) -> bytes:
    """One netlink attribute, padded."""
    return struct.pack("=HH", 4 + len(value), number) + value + b"\0" * (-len(value) % 4)


def match_extension(name: str) -> tuple[int, int, bytes]:
    """Ask nf_tables whether it can run one of iptables' matches."""
    revision, kind = struct.pack(">I", 0), struct.pack(">I", 0)
    return 11, 0, attribute(1, name.encode() + b"\0") + attribute(2, revision) + attribute(3, kind)


# Netfilter subsystem, message and attributes that every kernel with the feature answers.
QUESTIONS: dict[str, tuple[tuple[int, int, bytes], ...]] = {
    "nf_tables": ((10, 16, b""),),  # NFT_MSG_GETGEN
    "ipset": ((6, 1, attribute(1, b"\6")),),  # IPSET_CMD_PROTOCOL
    "xtables": tuple(match_extension(name) for name in ("physdev", "set", "comment", "mac")),
}
LINKS = {
    "bridge": ["type", "bridge"],
    "veth": ["type", "veth", "peer", "name", "probe-peer"],
    "vxlan": ["type", "vxlan", "id", "42", "dstport", "4789", "local", "127.0.0.1"],
}
UNSHARE = ["unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--mount-proc"]


def netfilter_answers(subsystem: int, message: int, attributes: bytes) -> bool:
    """Ask a netfilter subsystem something; an error in reply means that it is not there."""
    body = struct.pack("=BBH", socket.AF_INET, 0, 0) + attributes
    head = struct.pack("=IHHII", 16 + len(body), subsystem << 8 | message, NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.settimeout(2)
        link.send(head + body)
        kind = struct.unpack_from("=H", link.recv(4096), 4)[0]
    return bool(kind >> 8 == subsystem)


def works(feature: str) -> bool:
    """Try one feature in the present namespaces."""
    if feature in LINKS:
        done = subprocess.run(["ip", "link", "add", "probe", *LINKS[feature]], capture_output=True, check=False)
        subprocess.run(["ip", "link", "delete", "probe"], capture_output=True, check=False)
        return done.returncode == 0
    if feature in QUESTIONS:
        return all(netfilter_answers(*question) for question in QUESTIONS[feature])
    places = {
        "tap": Path("/dev/net/tun"),
        "br_netfilter": Path("/proc/sys/net/bridge/bridge-nf-call-iptables"),
        "loop": Path("/dev/loop-control"),
    }
    if feature in places:
        return places[feature].exists()
    if feature == "ext4":
        return "\text4\n" in Path("/proc/filesystems").read_text(encoding="ascii")
    return feature == "namespaces"


def features() -> frozenset[str] | None:
    """The features that work, tried where nothing of the machine is touched; None without the right to try."""
    if os.geteuid():
        return None
    done = subprocess.run([*UNSHARE, sys.executable, "-m", "lab.probe"], capture_output=True, text=True, check=False)
    return frozenset(done.stdout.split())


def available_mib() -> int:
    """Memory that could be used without swapping."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) // 1024


def free_gib(places: list[Path]) -> dict[Path, int]:
    """Free space below each place, once per file system."""
    result: dict[int, tuple[Path, int]] = {}
    for place in places:
        there = next(folder for folder in (place, *place.parents) if folder.exists())
        result.setdefault(there.stat().st_dev, (place, shutil.disk_usage(there).free >> 30))
    return dict(result.values())


def programs() -> frozenset[str]:
    """Those of the needed programs that are on PATH."""
    return frozenset(name for name in PROGRAMS if shutil.which(name))


def look(paths: Paths) -> Facts:
    """All facts at once; nothing is changed."""
    lab = lab_settings.load()
    up = inside.first_process(lab) is not None
    have_ip = shutil.which("ip") is not None
    return Facts(
        system=platform.system(),
        machine=platform.machine(),
        root=os.geteuid() == 0,
        python=sys.version_info[:2],
        cores=len(os.sched_getaffinity(0)),
        memory_mib=available_mib(),
        free_gib=free_gib([paths.cache, paths.state]),
        cached=paths.lab_cache.exists() and (paths.toolchain / "bin").exists(),
        lab_up=up,
        programs=programs(),
        features=features() if have_ip and shutil.which("unshare") else None,
        missing_controllers=tuple(cgroups.missing()),
        network=str(lab.network),
        taken=() if up or not have_ip else tuple(taken(lab)),
    )


def taken(lab: lab_settings.LabSettings) -> list[str]:
    """Whoever else has addresses or routes in the range; while no lab of ours runs, a link of its name is another's."""
    shown = [run(["ip", "-json", "-4", *what]) for what in (["address", "show"], ["route", "show", "type", "unicast"])]
    others = [f"{lab.link} (另一个实验云 another lab)"] if network.link_exists(lab) else []
    return [*others, *network.overlapping(lab.network, lab.link, *shown)]


if __name__ == "__main__":
    sys.stdout.write(" ".join(feature for feature in FEATURES if works(feature)))
