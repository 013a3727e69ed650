"""The address plan as one tree, from which every output is written: who holds which blocks, and how full they are."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.plan.addresses import INNER, nested, roots
from infra.plan.base import BITS, VERSIONS, Tier, Version
from infra.plan.ledger import Entry
from infra.plan.needs import EXTRANET, GATEWAY, segment_key
from infra.plan.world import World

Kind = Literal[
    "extranet", "inner", "zone", "transit", Tier, "segment", "link", "gateway", "host", "virtual", "end", "held"
]
WORDS: dict[Kind, tuple[str, str]] = {
    "extranet": ("政务外网", "extranet"),
    "province": ("省", "province"),
    "city": ("市", "city"),
    "county": ("县", "county"),
    "township": ("乡", "township"),
    "zone": ("分区", "zone"),
    "transit": ("互联地址段", "transit"),
    "segment": ("网段", "segment"),
    "link": ("互联链路", "link"),
    "gateway": ("网关", "gateway"),
    "host": ("主机", "host"),
    "virtual": ("虚拟地址", "virtual address"),
    "end": ("链路端", "link end"),
    "held": ("保留", "held, no longer used"),
    "inner": ("政务内网", "inner network, never provisioned here"),
}
ORDER = {kind: (kind not in ("zone", "transit"), place) for place, kind in enumerate(WORDS)}
SINGLE: tuple[Kind, ...] = ("gateway", "host", "virtual", "end")


@dataclass(frozen=True)
class Share:
    """One block, how many of its addresses those directly below it take, and the per cent that next-free spares."""

    entry: Entry
    used: int
    reserve: int

    @property
    def size(self) -> int:
        """The number of its addresses."""
        return 1 << (BITS[self.entry.version] - self.entry.prefix)


@dataclass(frozen=True)
class Node:
    """One holder of blocks; `parent` is the key of the holder around it, empty at the top."""

    key: str
    parent: str
    kind: Kind
    name: str
    english: str
    shares: tuple[Share, ...]

    def of(self, version: Version) -> list[Share]:
        """Its blocks of one family."""
        return [share for share in self.shares if share.entry.version == version]


def address_tree(world: World) -> tuple[Node, ...]:
    """All holders, each after the one around it; a gateway's key is its segment's and `_gateway`."""
    wanted = {need.key: need.parent for need in world.needs()}
    entries = [*roots(world.network), *world.ledger.entries, *_gateways(world)]
    used: Counter[Entry] = Counter()
    holders: dict[str, list[Entry]] = defaultdict(list)
    parents: dict[str, str] = {EXTRANET: "", INNER: "", **wanted}
    for entry, around in nested(entries):
        holders[entry.key].append(entry)
        if around:
            used[around[-1]] += entry.last - entry.first + 1
            parents.setdefault(entry.key, around[-1].key)
    namer = _Namer(world, wanted)
    children: dict[str, list[Node]] = defaultdict(list)
    for key, blocks in holders.items():
        kind, name, english = namer.name(key)
        shares = tuple(Share(block, used[block], namer.reserve(key, kind)) for block in sorted(blocks))
        children[parents[key]].append(Node(key, parents[key], kind, name, english, shares))
    return tuple(_walk(children, ""))


def _walk(children: dict[str, list[Node]], parent: str) -> Iterator[Node]:
    for node in sorted(children[parent], key=lambda node: (ORDER[node.kind], node.key)):
        yield node
        yield from _walk(children, node.key)


def _gateways(world: World) -> Iterator[Entry]:
    for system in world.placed_systems.values():
        for zone in system.segments:
            key = segment_key(system, zone)
            for version in VERSIONS:
                for block in world.ledger.by_key[version, key]:
                    yield Entry(version, block.first + GATEWAY, BITS[version], f"{key}/_gateway")


class _Namer:
    """What a key stands for, in both languages."""

    def __init__(self, world: World, wanted: dict[str, str]) -> None:
        self._world = world
        self._wanted = wanted
        self._virtual = {
            f"{segment_key(system, function.zone)}/{function.virtual_address}"
            for system in world.placed_systems.values()
            for function in system.functions.values()
            if function.virtual_address
        }

    def name(self, key: str) -> tuple[Kind, str, str]:
        """Kind, Chinese name and English name."""
        parts = key.split("/")
        if key in (EXTRANET, INNER):
            kind: Kind = "extranet" if key == EXTRANET else "inner"
            return kind, *WORDS[kind]
        if parts[-1] == "_gateway":
            return "gateway", *WORDS["gateway"]
        if key not in self._wanted:
            return "held", parts[-1], WORDS["held"][1]
        return self._named(key, parts)

    def _named(self, key: str, parts: Sequence[str]) -> tuple[Kind, str, str]:
        transit = len(parts) > 1 and parts[1] == "transit"
        match len(parts):
            case 1:
                division = self._world.divisions[key]
                return division.level, division.name, WORDS[division.level][1]
            case 2 if transit:
                return "transit", *WORDS["transit"]
            case 2:
                zone = next(zone for name, zone in self._world.network.zones.items() if name == parts[1])
                return "zone", zone.title, f"{parts[1]} zone"
            case 3 if transit:
                return "link", parts[2], "link"
            case 3:
                return "segment", self._world.placed_systems[parts[0], parts[2]].title, f"{parts[2]} segment"
        kind: Kind = "end" if transit else "virtual" if key in self._virtual else "host"
        return kind, parts[3], WORDS[kind][1]

    def reserve(self, key: str, kind: Kind) -> int:
        """Per cent of the holder's blocks that next-free never takes."""
        network = self._world.network
        if kind == "transit":
            return network.transit.reserve
        if kind == "zone":
            return next(zone.reserve for name, zone in network.zones.items() if name == key.partition("/")[2])
        level = self._world.divisions[key].level if key in self._world.divisions else None
        return network.levels[level].reserve if level else 0
