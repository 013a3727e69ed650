"""The whole extranet of a proved world: its routers, their wires and their files."""

from dataclasses import dataclass

from infra.extranet.checks import check
from infra.extranet.model import Link, Node
from infra.extranet.render import render
from infra.extranet.routers import routers
from infra.extranet.space import Space
from infra.extranet.wires import wires
from infra.plan.problems import FactsError
from infra.plan.world import World


@dataclass(frozen=True)
class Extranet:
    """Routers and wires."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    def files(self) -> dict[str, str]:
        """Each node's configuration by file name."""
        return render(self.nodes)


def plan(world: World) -> Extranet:
    """Decide all of it; raises FactsError with everything that routers can't live with."""
    space = Space.of(world)
    nodes = tuple(routers(space))
    if problems := check(space, nodes, *(world.sources[file].name for file in ("addresses.csv", "divisions.csv"))):
        raise FactsError(problems)
    return Extranet(nodes, tuple(wires(space)))
