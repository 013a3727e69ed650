"""What the twin is measured by: the gap that a cut leaves in a stream of echoes, and the memory of a router."""

import math
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from lab.twin.control import Twin
from lab.twin.layout import host_name

Cut = Literal["link down", "silent"]
CUTS: tuple[Cut, ...] = ("link down", "silent")
INTERVAL = 0.01  # seconds between echoes
SENT = 800
DAEMONS = frozenset(("zebra", "bgpd", "staticd", "bfdd"))
ANSWER = re.compile(r"^\[(\d+\.\d+)\].*icmp_seq=(\d+) ttl", re.MULTILINE)
# What a fibre cut behind a transmission system looks like: nothing comes in any more, and the link stays up.
DROP = "table inet cut {{ chain fibre {{ type filter hook prerouting priority -500; iifname {port} drop; }}; }}"


@dataclass(frozen=True)
class Outage:
    """What a cut did to a stream: echoes without answer, and the longest time without one."""

    lost: int
    seconds: float


def heal(twin: Twin, city: str, cut: Cut) -> Outage:
    """Cut the trunk from the core router that the province's shared zone sends through; see how the stream goes on."""
    province = twin.province
    source, target = host_name(province, "zone-shared"), twin.hosts[host_name(city, "zone-shared")].own[0]
    command = ["ping", "-D", "-n", "-i", str(INTERVAL), "-c", str(SENT), "-W", "1", target.partition("/")[0]]
    stream = subprocess.Popen(twin.words(source, command), stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    with broken(twin, f"{province}-core-1", city, cut):
        said, _ = stream.communicate()
    twin.wait()
    return gap({int(number): float(moment) for moment, number in ANSWER.findall(said)})


def gap(answered: Mapping[int, float]) -> Outage:
    """The outage that the answered ones of all echoes show, by their numbers and moments."""
    if len(answered) < 2:
        return Outage(SENT - len(answered), math.inf)
    first, last = min(answered), max(answered)
    apart = (answered[last] - answered[first]) / (last - first)  # a busy machine sends less often than it was told to
    longest = max(after - before - 1 for before, after in pairwise((0, *sorted(answered), SENT + 1)))
    return Outage(SENT - len(answered), longest * apart)


@contextmanager
def broken(twin: Twin, core: str, city: str, cut: Cut) -> Iterator[None]:
    """The trunk between a core router and a city is cut, in all planes at the same moment."""
    wires = [wire for wire in twin.layout.wires if {end[0].partition(".")[0] for end in wire} == {core, city}]
    ends = [end for wire in wires for end in wire]
    if cut == "silent":
        twin.at_once((space, f"nft '{DROP.format(port=interface)}'") for space, interface in ends)
        yield
        twin.at_once((space, "nft delete table inet cut") for space, _ in ends)
    else:
        lower = [(space, interface) for space, interface in ends if space.startswith(city)]
        twin.at_once((space, f"ip link set dev {interface} down") for space, interface in lower)
        yield
        twin.at_once((space, f"ip link set dev {interface} up") for space, interface in lower)


def memory(twin: Twin) -> int:
    """KiB of a router's daemons, their share of what they share included, on average."""
    space = Path(f"/proc/{twin.first}/ns/pid").readlink()
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "ns/pid").readlink() == space and (process / "comm").read_text().strip() in DAEMONS:
                rollup = (process / "smaps_rollup").read_text(encoding="ascii")
                total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        except OSError:  # gone meanwhile
            continue
    return total // len(twin.layout.nodes)
