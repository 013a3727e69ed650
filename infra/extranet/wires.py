"""The wires between routers, derived from the tree: each plane of a trunk is one."""

from collections.abc import Iterator

from infra.extranet.model import Link
from infra.extranet.planes import INTERNET, SHARED
from infra.extranet.ports import ports
from infra.extranet.routers import CORES, exit_name, has_exit, names, planes, uplinks
from infra.extranet.space import Space
from infra.plan.divisions import Division


def wires(space: Space) -> Iterator[Link]:
    """Every wire of the extranet."""
    for division in space.divisions:
        yield from _trunks(space, division)
        if not division.parent:
            yield from _core_wires(space, division)


def _trunks(space: Space, parent: Division) -> Iterator[Link]:
    for port in ports(space, parent):
        if not port.child:
            continue
        for router, uplink in zip(names(parent), uplinks(space, port.child), strict=True):
            for plane in planes(space, port.child) if not port.slot else [SHARED]:
                ends = ((router, plane.interface(port.interface)), (port.child.code, plane.interface(uplink)))
                yield Link(plane.name, ends)


def _core_wires(space: Space, province: Division) -> Iterator[Link]:
    one, other = names(province)
    for plane in planes(space, province):
        yield Link(plane.name, ((one, plane.interface("pair")), (other, plane.interface("pair"))))
    if has_exit(space, province):
        for number, core in zip(CORES, names(province), strict=True):
            yield Link(INTERNET.name, ((core, "exit"), (exit_name(province), f"core{number}")))
