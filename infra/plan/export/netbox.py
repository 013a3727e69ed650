"""CSV tables that NetBox imports in bulk: its form's own column names, and what they refer to in tables of their own.

Roles and tags must be there before prefixes that name them. Every text begins with a key of the ledger, that is with
a digit, so no name of a division can start a spreadsheet's formula.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from infra.plan.base import VERSIONS
from infra.plan.export.naming import dns_name
from infra.plan.export.tree import SINGLE, WORDS, Kind, Node

TAG = "ganyun"
CONTAINERS: tuple[Kind, ...] = ("province", "city", "county", "township", "zone", "transit")
LONGEST = 200  # NetBox's limit of a description


def netbox_tables(nodes: Sequence[Node], domain: str) -> dict[str, str]:
    """File name → text, in the order of import."""
    roles = [kind for kind in WORDS if kind in CONTAINERS or kind in ("segment", "link", "held")]
    return {
        "netbox-tags.csv": _table(("name", "slug", "color"), [(TAG, TAG, "2196f3")]),
        "netbox-roles.csv": _table(
            ("name", "slug", "description"), [(kind, kind, " ".join(WORDS[kind])) for kind in roles]
        ),
        "netbox-prefixes.csv": _table(
            ("prefix", "status", "role", "description", "tags"),
            (
                (share.entry.network, _status(node), node.kind, _description(node), TAG)
                for node in nodes
                if node.kind in roles
                for share in node.shares
            ),
        ),
        "netbox-ip-addresses.csv": _table(
            ("address", "status", "role", "dns_name", "description", "tags"),
            (
                (f"{share.entry.network.network_address}/{around.entry.prefix}", "active", role, name, text, TAG)
                for node, segment in _addresses(nodes)
                for role, name, text in [
                    ("vip" if node.kind == "virtual" else "", dns_name(node.key, domain), _description(node))
                ]
                for version in VERSIONS
                for share in node.of(version)
                for around in segment.of(version)[:1]
            ),
        ),
    }


def _addresses(nodes: Sequence[Node]) -> Iterable[tuple[Node, Node]]:
    by_key = {node.key: node for node in nodes}
    return ((node, by_key[node.key.rpartition("/")[0]]) for node in nodes if node.kind in SINGLE)


def _status(node: Node) -> str:
    if node.kind == "held":
        return "reserved"
    return "container" if node.kind in CONTAINERS else "active"


def _description(node: Node) -> str:
    return f"{node.key} {node.name} {node.english}"[:LONGEST]


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
