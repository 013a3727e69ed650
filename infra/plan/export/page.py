"""addresses.html: the whole plan in one page that needs no network, to browse, search and print."""

from collections.abc import Sequence

from infra.plan.export.templates import environment
from infra.plan.export.tree import WORDS, Node, Share

Row = list[object]


def render_page(nodes: Sequence[Node]) -> str:
    """The page."""
    city = next((node for node in nodes if node.kind == "city"), nodes[0])
    example = [city.name, city.key, *(str(share.entry.network.network_address) for share in city.shares)]
    return (
        environment()
        .get_template("addresses.html.j2")
        .render(
            rows=page_rows(nodes),
            words=WORDS,
            title=" · ".join(n.name for n in nodes if n.kind == "province"),
            example=" · ".join(example),
        )
    )


def page_rows(nodes: Sequence[Node]) -> list[Row]:
    """A row a holder: place of the one around it, kind, key, names, and its blocks as [cidr, used, size, reserve].

    Counts are those of addresses, for IPv6 blocks larger than a /64 those of /64s.
    """
    place = {node.key: index for index, node in enumerate(nodes)}
    return [
        [place.get(node.parent, -1), node.kind, node.key, node.name, node.english, [_block(one) for one in node.shares]]
        for node in nodes
    ]


def _block(share: Share) -> Row:
    unit = 1 << 64 if share.entry.version == 6 and share.entry.prefix < 64 else 1
    return [str(share.entry.network), -(-share.used // unit), share.size // unit, share.reserve]
