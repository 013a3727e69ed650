"""The plan as routers look at it: blocks of both families by key, children by division, planes by division."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from infra.extranet.model import Block
from infra.extranet.planes import PLANES, SHARED, Plane
from infra.plan.base import VERSIONS, Version
from infra.plan.divisions import TIERS, Division, Divisions
from infra.plan.ledger import Ledger
from infra.plan.needs import zone_key
from infra.plan.network import Network
from infra.plan.world import World


@dataclass(frozen=True)
class Space:
    """A proved plan, indexed."""

    network: Network
    tree: Divisions
    ledger: Ledger

    @classmethod
    def of(cls, world: World) -> "Space":
        """What routers need of all facts."""
        return cls(world.network, world.divisions, world.ledger)

    @cached_property
    def blocks(self) -> dict[str, tuple[Block, ...]]:
        """All blocks of each key, IPv4 first."""
        found: dict[str, list[Block]] = defaultdict(list)
        for entry in sorted(self.ledger.entries, key=lambda entry: entry.version):
            found[entry.key].append(entry.network)
        return {key: tuple(blocks) for key, blocks in found.items()}

    @cached_property
    def divisions(self) -> list[Division]:
        """Every division that has a router, in the order of codes."""
        found = (one for one in self.tree.by_code.values() if one.level in self.network.levels)
        return sorted(found, key=lambda one: one.code)

    @cached_property
    def children(self) -> dict[str, list[Division]]:
        """The divisions directly below each, by code."""
        found: dict[str, list[Division]] = defaultdict(list)
        for division in self.divisions:
            found[division.parent].append(division)
        return found

    @cached_property
    def reach(self) -> dict[str, dict[Plane, tuple[Block, ...]]]:
        """What each division announces in each plane: its own blocks, or the zones in and below it."""
        found: dict[str, dict[Plane, tuple[Block, ...]]] = {}
        for division in sorted(self.divisions, key=lambda one: -TIERS.index(one.level)):
            found[division.code] = {SHARED: self.blocks[division.code]}
            for plane in PLANES[1:]:
                below = [block for child in self.children[division.code] for block in found[child.code].get(plane, ())]
                if zones := (*self.zones(division, plane), *below):
                    found[division.code][plane] = zones
        return found

    def zones(self, division: Division, plane: Plane) -> list[Block]:
        """The division's own zones of a plane."""
        return [block for zone in plane.zones for block in self.blocks.get(zone_key(division.code, zone), ())]

    def first(self, key: str) -> list[Block]:
        """The first block of each family."""
        return [next(block for block in self.blocks[key] if block.version == version) for version in VERSIONS]

    def bound(self, version: Version) -> int:
        """The longest prefix that a division may announce of its blocks: that of the smallest division."""
        return max(size.prefix.of(version) for size in self.network.levels.values())
