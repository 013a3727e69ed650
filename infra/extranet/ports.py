"""The ports of a node towards what is below it.

A county doesn't name its townships: it has a port for every slot that a township's block can take, each letting in that
slot's block alone. So a township comes, goes or changes without a word to its county.
"""

from collections.abc import Iterator
from typing import NamedTuple

from infra.extranet.model import Block
from infra.extranet.numbers import loopback, short, slot_name
from infra.extranet.space import Space
from infra.plan.base import VERSIONS, Version
from infra.plan.divisions import Division
from infra.plan.needs import zone_key


class Port(NamedTuple):
    """A port: its interface, the division behind it where that is known, and what that may announce as shared."""

    interface: str
    child: Division | None
    blocks: tuple[Block, ...]
    slot: bool


def ports(space: Space, division: Division) -> list[Port]:
    """Ports of named children, then those of slots."""
    below = space.children[division.code]
    pairs = list(_slots(space, division))
    at = {space.blocks[child.code][0]: child for child in below if child.level == "township"}
    seated = [at[pair[0]] for pair in pairs if pair[0] in at]
    named = [child for child in below if child not in seated]
    given = [block for child in named for block in space.blocks[child.code]]
    given += [block for child in seated for block in space.blocks[child.code][1:] if block.version == 4]
    return [Port(f"n{short(child.code)}", child, space.blocks[child.code], slot=False) for child in named] + [
        Port(slot_name(pair[0]), owner, space.blocks[owner.code] if owner else pair, slot=True)
        for pair in pairs
        if (owner := at.get(pair[0])) or not any(_meet(block, other) for block in pair for other in given)
    ]


def _slots(space: Space, division: Division) -> Iterator[tuple[Block, ...]]:
    """Every IPv4 block that a township of this county can have, with the IPv6 block that next-free gives beside it."""
    if division.level != "county" or "township" not in space.network.levels:
        return
    own = {version: _free(space, division, version) for version in VERSIONS}
    router = loopback(space.first(division.code)[0])
    for pair in zip(own[4], own[6], strict=False):
        if router.ip not in pair[0]:
            yield pair


def _free(space: Space, division: Division, version: Version) -> Iterator[Block]:
    """The places of townships in a county's blocks, outside its own zones."""
    length = space.network.levels["township"].prefix.of(version)
    zones = [block for zone in space.network.zones for block in space.blocks.get(zone_key(division.code, zone), ())]
    for block in space.blocks[division.code]:
        if block.version == version and block.prefixlen <= length:
            yield from (
                slot for slot in block.subnets(new_prefix=length) if not any(_meet(slot, zone) for zone in zones)
            )


def _meet(one: Block, other: Block) -> bool:
    return one.version == other.version and one.overlaps(other)
