"""One picture of the province and one of each city: what is below it stands on both sides of its core, with blocks.

The centre shows the division's own zones: the one to the Internet above the core, the recovery centre below it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from infra.plan.base import VERSIONS, Version
from infra.plan.divisions import TIERS
from infra.plan.export.templates import environment
from infra.plan.export.tree import Node

SIDE, CENTRE, GUTTER, EDGE, TOP, GAP = 560, 380, 56, 24, 84, 18
HEAD, ROW, LINE = 58, 21, 20


@dataclass(frozen=True)
class Card:
    """A box with a head of two lines and rows of four columns: name, count, IPv4, IPv6."""

    x: int
    y: int
    width: int
    kind: str
    title: str
    code: str
    blocks: tuple[str, ...]
    note: str = ""
    rows: tuple[tuple[str, str, str, str], ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()

    @property
    def height(self) -> int:
        """In pixels."""
        return HEAD + ROW * len(self.rows) + LINE * len(self.lines) + (10 if self.rows or self.lines else 0)


def draw_divisions(nodes: Sequence[Node]) -> dict[str, str]:
    """Code of each province and city → SVG."""
    children: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        children[node.parent].append(node)
    return {node.key: _draw(node, children) for node in nodes if node.kind in ("province", "city")}


def _draw(node: Node, children: dict[str, list[Node]]) -> str:
    below = [child for child in children[node.key] if child.kind in TIERS]
    left, right = _halves([_card(child, children) for child in below])
    x_centre = EDGE + SIDE + GUTTER
    sides = [*_stacked(left, EDGE), *_stacked(right, x_centre + CENTRE + GUTTER)]
    centre = list(_centre(node, children, x_centre))
    core = next(card for card in centre if card.kind == "core")
    bottom = max(card.y + card.height for card in [*sides, *centre])
    return (
        environment()
        .get_template("divisions.svg.j2")
        .render(
            node=node,
            count=_counted(node, children),
            width=x_centre + CENTRE + GUTTER + SIDE + EDGE,
            height=bottom + EDGE,
            cards=[*centre, *sides],
            paths=list(_paths(core, centre, sides)),
        )
    )


def _halves(cards: list[Card]) -> tuple[list[Card], list[Card]]:
    """In order, the two columns as nearly of one height as that allows."""
    heights = [card.height + GAP for card in cards]
    place = min(range(len(cards) + 1), key=lambda end: abs(sum(heights[:end]) - sum(heights[end:])))
    return cards[:place], cards[place:]


def _stacked(cards: Sequence[Card], x: int) -> Iterator[Card]:
    y = TOP
    for card in cards:
        yield replace(card, x=x, y=y)
        y += card.height + GAP


def _card(node: Node, children: dict[str, list[Node]]) -> Card:
    below = [child for child in children[node.key] if child.kind in TIERS]
    rows = tuple(
        (child.name, _townships(child, children), _blocks(child, 4), _blocks(child, 6))
        for child in below
        if child.kind != "township"
    )
    note = _used(node) if rows else f"{_townships(node, children)}  {_used(node)}".strip()
    return Card(0, 0, SIDE, node.kind, node.name, node.key, _all_blocks(node), note, rows)


def _townships(node: Node, children: dict[str, list[Node]]) -> str:
    count = sum(child.kind == "township" for child in children[node.key])
    return f"{count} 乡" if count else ""


def _centre(node: Node, children: dict[str, list[Node]], x: int) -> Iterator[Card]:
    zones = {child.key.rpartition("/")[2]: child for child in children[node.key] if child.kind in ("zone", "transit")}
    y = TOP
    public, recovery = zones.pop("public", None), zones.pop("recovery", None)
    if public:
        title = "互联网统一出口 Internet exit" if node.kind == "province" else "互联网区 towards the exit"
        yield (card := Card(x, y, CENTRE, "exit", title, public.name, _all_blocks(public)))
        y += card.height + 2 * GAP
    lines = tuple(line for zone in zones.values() for line in ((f"{zone.name} {zone.english}",), _all_blocks(zone)))
    yield (card := Card(x, y, CENTRE, "core", f"{node.name} 核心 core", node.key, _all_blocks(node), lines=lines))
    y += card.height + 2 * GAP
    if recovery:
        yield Card(x, y, CENTRE, "recovery", "灾备中心 recovery centre", recovery.name, _all_blocks(recovery))


def _paths(core: Card, centre: Sequence[Card], sides: Sequence[Card]) -> Iterator[str]:
    """Down the middle, and from the core along a spine in each gutter to every card."""
    middle = core.x + CENTRE // 2
    for upper, lower in pairwise(centre):
        yield f"M{middle},{upper.y + upper.height} V{lower.y}"
    height = core.y + HEAD // 2
    for left in (True, False):
        cards = [card for card in sides if (card.x < core.x) is left]
        spine = core.x - GUTTER // 2 if left else core.x + CENTRE + GUTTER // 2
        ends = [card.y + HEAD // 2 for card in cards]
        if ends:
            yield f"M{core.x if left else core.x + CENTRE},{height} H{spine}"
            yield f"M{spine},{min(*ends, height)} V{max(*ends, height)}"
        for card, end in zip(cards, ends, strict=True):
            yield f"M{spine},{end} H{card.x + card.width if left else card.x}"


def _blocks(node: Node, version: Version) -> str:
    """The first block, and how many more there are."""
    first, *more = (str(share.entry.network) for share in node.of(version))
    return f"{first} +{len(more)}" if more else first


def _all_blocks(node: Node) -> tuple[str, ...]:
    return tuple(_blocks(node, version) for version in VERSIONS)


def _used(node: Node) -> str:
    parts = [
        f"{100 * sum(s.used for s in shares) / sum(s.size for s in shares):.0f}%" for shares in map(node.of, VERSIONS)
    ]
    return f"已用 used {' / '.join(parts)}"


def _counted(node: Node, children: dict[str, list[Node]]) -> str:
    found: Counter[str] = Counter()
    waiting = [node.key]
    while waiting:
        for child in children[waiting.pop()]:
            found[child.kind] += 1
            waiting.append(child.key)
    words = {"city": "市 cities", "county": "县 counties", "township": "乡 townships"}
    return " · ".join(f"{found[kind]} {word}" for kind, word in words.items() if found[kind])
