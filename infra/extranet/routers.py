"""Decides every router of the extranet: what it announces, from whom it accepts what, and where its planes end.

What a division has goes up as its own blocks; what comes down is the province's blocks alone, and in the Internet's
plane the default route of the one exit. So a table is as long as a node has neighbours, whatever the province's size.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from infra.extranet.attachments import lan, zone_attachments
from infra.extranet.model import Block, Filter, Group, Node, Permit, Session, Table
from infra.extranet.numbers import EXIT_AS, as_number, loopback
from infra.extranet.planes import BOGONS, DEFAULT, INTERNET, PLANES, SHARED, Plane
from infra.extranet.ports import Port, ports
from infra.extranet.space import Space
from infra.plan.divisions import Division

CORES = (1, 2)
EXIT = len(CORES) + 1
MOST = {"above": 16, "below": 64, "leaves": 8, "mates": 256, "border": 8, "cores": 16}  # prefixes that close a session


class Parts(NamedTuple):
    """What differs most between routers."""

    tables: list[Table]
    filters: list[Filter]


def routers(space: Space) -> Iterator[Node]:
    """Every router, in the order of codes."""
    for division in space.divisions:
        if division.parent:
            yield _division(space, division)
            continue
        yield from (_core(space, division, number) for number in CORES)
        if has_exit(space, division):
            yield _exit(space, division)


def names(division: Division) -> list[str]:
    """The routers that a division's children have trunks to."""
    return [division.code] if division.parent else [f"{division.code}-core-{number}" for number in CORES]


def exit_name(province: Division) -> str:
    """The province's border router."""
    return f"{province.code}-exit"


def has_exit(space: Space, province: Division) -> bool:
    """A province without a zone for the Internet has no way to it."""
    return INTERNET in space.reach[province.code]


def uplinks(space: Space, division: Division) -> list[str]:
    """The interfaces towards the routers of the parent."""
    return [f"uplink{number}" for number, _ in enumerate(names(space.tree[division.parent]), 1)]


def planes(space: Space, division: Division) -> list[Plane]:
    """The planes that reach a division."""
    return [plane for plane in PLANES if plane in space.reach[division.code]]


def _core(space: Space, province: Division, number: int) -> Node:
    own, below = space.blocks[province.code], ports(space, province)
    loopbacks = tuple(loopback(block, number).network for block in space.first(province.code))
    parts = Parts([], [_from_exit(space, province)] if has_exit(space, province) else [])
    for plane in planes(space, province):
        down = _down(own, plane)
        whole = (Permit(block, block.max_prefixlen) for block in own)
        inside = Filter(f"inside-{plane.name}", (*down.permits[len(own) :], *whole))
        groups, sessions, accepted = _below(space, below, plane, down)
        groups.append(Group("mates", inside.name, inside.name, MOST["mates"], internal=True))
        sessions.append(Session(plane.interface("pair"), "mates", _as(province)))
        if plane == INTERNET:
            groups.append(Group("border", f"down-{SHARED.name}", "exit", MOST["border"]))
            sessions.append(Session("exit", "border", _as(province) + EXIT_AS))
        networks = (*own, *loopbacks) if plane == SHARED else own
        attached = zone_attachments(space, province, plane, number)
        parts.tables.append(Table(plane.name, plane.vrf, own, networks, attached, tuple(groups), tuple(sessions)))
        parts.filters.extend([down, inside, *accepted])
    return _node(space, province, names(province)[number - 1], number, parts)


def _exit(space: Space, province: Division) -> Node:
    """The Internet's plane is its own table; the default route is what the provider hands over on `internet`."""
    out = _from_exit(space, province)
    inside = _exactly("inside", space.blocks[province.code])
    table = Table(
        plane=INTERNET.name,
        vrf=None,
        discards=(),
        networks=tuple(permit.block for permit in out.permits),
        attachments=(),
        groups=(Group("cores", out.name, inside.name, MOST["cores"]),),
        sessions=tuple(Session(f"core{number}", "cores", _as(province)) for number in CORES),
    )
    return _node(space, province, exit_name(province), EXIT, Parts([table], [out, inside]))


def _division(space: Space, division: Division) -> Node:
    own, below = space.blocks[division.code], ports(space, division)
    province = space.tree.lineage(division.code)[-1]
    leaf = division.level == "township"
    parts = Parts([], [])
    for plane in planes(space, division):
        shared = plane == SHARED
        down = _down(space.blocks[province.code], plane)
        mine = _exactly(f"own-{plane.name}", space.reach[division.code][plane])
        groups, sessions, accepted = _below(space, below, plane, down)
        above = _as(space.tree[division.parent])
        trunks = [Session(plane.interface(name), "above", above) for name in uplinks(space, division)]
        table = Table(
            plane=plane.name,
            vrf=plane.vrf,
            discards=own if shared else (),
            networks=own if shared else tuple(space.zones(division, plane)),
            attachments=lan(space, division) if leaf else zone_attachments(space, division, plane),
            groups=(Group("above", mine.name, down.name, MOST["above"], trunk=not leaf), *groups),
            sessions=(*trunks, *sessions),
        )
        parts.tables.append(table)
        parts.filters.extend([mine, down, *accepted])
    return _node(space, division, division.code, 1, parts)


def _from_exit(space: Space, province: Division) -> Filter:
    """What comes from the one place that a default route comes from."""
    return _exactly("exit", (*DEFAULT, *(loopback(block, EXIT).network for block in space.first(province.code))))


def _down(province: Sequence[Block], plane: Plane) -> Filter:
    return _exactly(f"down-{plane.name}", (*province, *(DEFAULT if plane == INTERNET else ())))


def _below(
    space: Space, below: Sequence[Port], plane: Plane, down: Filter
) -> tuple[list[Group], list[Session], list[Filter]]:
    """The sessions towards what is below in a plane, each with a filter of its own."""
    sessions, filters = [], []
    for port in below:
        name = plane.interface(port.interface)
        reach = space.reach[port.child.code] if port.child and not port.slot else {SHARED: port.blocks}
        if plane not in reach:
            continue
        leaf = port.slot or (port.child is not None and port.child.level == "township")
        number = None if port.slot or port.child is None else _as(port.child)
        sessions.append(Session(name, "leaves" if leaf else "below", number))
        inner = plane == SHARED and not leaf
        filters.append(_within(space, name, reach[plane]) if inner else _exactly(name, reach[plane]))
    used = {session.group for session in sessions}
    groups = [
        Group("below", down.name, None, MOST["below"]),
        Group("leaves", down.name, None, MOST["leaves"], trunk=False),
    ]
    return [group for group in groups if group.name in used], sessions, filters


def _node(space: Space, division: Division, name: str, number: int, parts: Parts) -> Node:
    """A router of a division: one of the core, the exit, or its only one."""
    never = [block for block in (*BOGONS, *space.network.inner_network) if not _holds_extranet(space, block)]
    at_exit = number == EXIT
    return Node(
        name=name,
        division=division.code,
        title=division.name,
        role=division.level if division.level != "province" else "exit" if at_exit else "core",
        asn=_as(division) + (EXIT_AS if at_exit else 0),
        loopbacks=tuple(loopback(block, number) for block in space.first(division.code)),
        tables=tuple(parts.tables),
        filters=tuple(parts.filters),
        never=Filter("never", tuple(Permit(block, block.max_prefixlen) for block in never)),
    )


def _holds_extranet(space: Space, block: Block) -> bool:
    return any(own.version == block.version and own.overlaps(block) for own in space.network.extranet)


def _exactly(name: str, blocks: Iterable[Block]) -> Filter:
    return Filter(name, tuple(Permit(block, block.prefixlen) for block in blocks))


def _within(space: Space, name: str, blocks: Iterable[Block]) -> Filter:
    """Blocks and their parts, down to what the smallest division has."""
    return Filter(name, tuple(Permit(block, max(block.prefixlen, space.bound(block.version))) for block in blocks))


def _as(division: Division) -> int:
    return as_number(division.code)
