"""Provinces to route for: the real one, a small one, and any that hypothesis thinks of."""

from functools import cache
from pathlib import Path

from infra.extranet.model import Link, Node
from infra.extranet.plan import Extranet, plan
from infra.extranet.routers import routers
from infra.extranet.space import Space
from infra.extranet.wires import wires
from infra.plan.divisions import Divisions
from infra.plan.ledger import Ledger
from infra.plan.load import load
from tests.unit.plan.test_addresses import NETWORK, planned, province

ROOT = Path(__file__).resolve().parents[3]
SMALL = ROOT / "tests" / "lab" / "province"


@cache
def real(facts: Path = ROOT / "stacks") -> tuple[Space, Extranet]:
    world = load(facts)
    return Space.of(world), plan(world)


def invented(shape: list[list[int]]) -> tuple[Space, Extranet]:
    return routed(province(shape), planned(province(shape)))


def routed(divisions: Divisions, ledger: Ledger) -> tuple[Space, Extranet]:
    space = Space(NETWORK, divisions, ledger)
    nodes: tuple[Node, ...] = tuple(routers(space))
    links: tuple[Link, ...] = tuple(wires(space))
    return space, Extranet(nodes, links)
