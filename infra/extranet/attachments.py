"""What a division has itself, as its router sees it: a township's network, a city's and the province's zones."""

from infra.extranet.model import Attachment
from infra.extranet.numbers import FIREWALL, GATEWAY, HAND_OVER, ROUTER, hand_over, place
from infra.extranet.planes import Plane
from infra.extranet.space import Space
from infra.plan.divisions import Division
from infra.plan.needs import zone_key


def lan(space: Space, division: Division) -> tuple[Attachment, ...]:
    """A township is one network; of IPv6 its first segment is in use."""
    blocks = space.blocks[division.code]
    segments = {4: None, 6: HAND_OVER[6]}
    return (
        Attachment("lan", tuple(place(block, GATEWAY, segments[block.version] or block.prefixlen) for block in blocks)),
    )


def zone_attachments(space: Space, division: Division, plane: Plane, number: int = 1) -> tuple[Attachment, ...]:
    """A zone is behind its firewall, on the zone's last segment, where each router has an address from the end."""
    found = []
    for zone in plane.zones:
        blocks = space.blocks.get(zone_key(division.code, zone), ())
        segments = [hand_over(block) for block in blocks]
        if blocks:
            places = tuple(place(segment, ROUTER - number + 1, segment.prefixlen) for segment in segments)
            via = tuple((block, str(segment[FIREWALL])) for block, segment in zip(blocks, segments, strict=True))
            found.append(Attachment(f"zone-{zone}", places, via))
    return tuple(found)
