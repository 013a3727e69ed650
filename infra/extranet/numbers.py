"""AS numbers, addresses and interfaces of routers: each follows from the division, so none is allocated or moves."""

from ipaddress import ip_interface, ip_network

from infra.extranet.model import Block, Place

FIRST_AS = 4_200_000_000  # RFC 6996: up to 4,294,967,294
EXIT_AS = 10_000_000  # added for the exit, above all divisions' numbers
DIGITS = 9  # of a township's code; longer ones are of villages
HAND_OVER = {4: 29, 6: 64}  # prefix length of the segment at the end of a zone
GATEWAY = FIREWALL = 1  # places in a segment, from its start
ROUTER = -2  # from behind its end


def as_number(code: str) -> int:
    """The private AS number of a code, from its digits without those of the province."""
    return FIRST_AS + int(short(code)[2:].ljust(DIGITS - 2, "0"))


def short(code: str) -> str:
    """A code without the zeros of villages: the name of an interface has 15 characters."""
    return code[:DIGITS]


def slot_name(slot: Block) -> str:
    """The interface of a slot, by the last three octets of its block: t0-112-64."""
    return "t" + "-".join(str(slot.network_address).split(".")[1:])


def place(block: Block, index: int, length: int) -> Place:
    """The address with this index in a block, on a segment of this prefix length."""
    return ip_interface(f"{block[index]}/{length}")


def loopback(block: Block, number: int = 1) -> Place:
    """The router's own address: the last usable one of its division's block, or the one this many before it."""
    return place(block, ROUTER - number + 1, block.max_prefixlen)


def hand_over(zone: Block) -> Block:
    """The segment on which a zone's firewall is reached: the last one of the zone."""
    length = max(zone.prefixlen, HAND_OVER[zone.version])
    return ip_network(f"{zone[-1]}/{length}", strict=False)
