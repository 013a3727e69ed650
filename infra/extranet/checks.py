"""What the plan of addresses doesn't rule out, but routers can't live with: told like every problem of the facts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from infra.extranet.model import Block, Node
from infra.extranet.numbers import DIGITS, hand_over
from infra.extranet.planes import PLANES
from infra.extranet.space import Space
from infra.plan.divisions import TIERS
from infra.plan.needs import zone_key
from infra.plan.problems import Problem

LONGEST_INTERFACE = 15  # IFNAMSIZ - 1


def check(space: Space, nodes: Sequence[Node], ledger: str, divisions: str) -> list[Problem]:
    """All problems, in the names of the two files."""
    return [*_numbers(space, nodes, divisions), *_places(space, nodes, ledger), *_interfaces(space, nodes, divisions)]


def _numbers(space: Space, nodes: Sequence[Node], file: str) -> Iterator[Problem]:
    seen: dict[tuple[str, int], str] = {}
    for node in nodes:
        division = space.tree[node.division]
        if division.code[DIGITS:].strip("0"):
            text = "村级代码没有 AS 号 · a village's code has no AS number; the extranet ends at townships"
            yield Problem(file, division.line, division.code, text)
        province = space.tree.lineage(division.code)[-1].code
        other = seen.setdefault((province, node.asn), division.code)
        if other != division.code:
            text = f"AS 号 {node.asn} 与 {other} 相同 · AS number {node.asn} is that of {other} too; change the code"
            yield Problem(file, division.line, division.code, text)


def _places(space: Space, nodes: Sequence[Node], file: str) -> Iterator[Problem]:
    """Routers' own addresses and the ends of zones are nobody's else."""
    lines = {(entry.key, entry.network): entry.line for entry in space.ledger.entries}
    below: dict[str, list[tuple[str, Block]]] = defaultdict(list)
    for key, blocks in space.blocks.items():
        division = space.tree.by_code.get(key)
        above = key.rpartition("/")[0] or (division.parent if division else "")
        below[above] += [(key, block) for block in blocks]
    kept = [(node.division, place.network) for node in nodes for place in node.loopbacks]
    zones = [zone_key(division.code, zone) for division in space.divisions for plane in PLANES for zone in plane.zones]
    kept += [(zone, hand_over(block)) for zone in zones for block in space.blocks.get(zone, ())]
    for owner, own in kept:
        for key, block in below[owner]:
            if block.version == own.version and block.overlaps(own):
                text = (
                    f"{block} 占用了 {owner} 路由器的地址 {own}，请改用其他地址块 · "
                    f"holds {own}, an address of the router of {owner}; take another block"
                )
                yield Problem(file, lines[key, block], key, text)


def _interfaces(space: Space, nodes: Sequence[Node], file: str) -> Iterator[Problem]:
    for node in nodes:
        division = space.tree[node.division]
        names = [session.interface for table in node.tables for session in table.sessions]
        for name in sorted({name for name in names if len(name) > LONGEST_INTERFACE or names.count(name) > 1}):
            text = f"接口名 {name} 过长或重复 · interface {name} is too long, or there twice"
            yield Problem(file, division.line, division.code, text)
        if division.level == TIERS[-1] and len(node.tables) > 1:
            text = "乡级只有公用网络区 · a township has the shared plane alone; take its zones out of network.yaml"
            yield Problem(file, division.line, division.code, text)
