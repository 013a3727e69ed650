"""All outputs of the address plan together, and the one place that writes them."""

from pathlib import Path

from infra.plan.export.document import render_document
from infra.plan.export.netbox import netbox_tables
from infra.plan.export.page import render_page
from infra.plan.export.reverse import reverse_zones
from infra.plan.export.topology import draw_divisions
from infra.plan.export.tree import address_tree
from infra.plan.export.workbook import render_workbook
from infra.plan.world import World

OWNED = ("reverse-dns/*.zone", "topology/*.svg")


def outputs(world: World, domain: str, serial: int | None) -> dict[str, bytes]:
    """File name → content; the same facts give the same bytes."""
    nodes = address_tree(world)
    texts = {
        "addresses.html": render_page(nodes),
        "addresses.json": render_document(nodes),
        **netbox_tables(nodes, domain),
        **{f"reverse-dns/{name}.zone": text for name, text in reverse_zones(nodes, domain, serial).items()},
        **{f"topology/{code}.svg": text for code, text in draw_divisions(nodes).items()},
    }
    return {"addresses.xlsx": render_workbook(nodes), **{name: text.encode() for name, text in texts.items()}}


def write_outputs(folder: Path, files: dict[str, bytes]) -> None:
    """Write them, and remove the zone files and pictures of what is no longer there."""
    for pattern in OWNED:
        for old in folder.glob(pattern):
            if old.relative_to(folder).as_posix() not in files:
                old.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
