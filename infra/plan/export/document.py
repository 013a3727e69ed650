"""addresses.json: the whole plan for other programs, with a schema of its own and a version that tells of breaks."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from infra.plan.base import AnyCidr, Facts
from infra.plan.export.tree import Kind, Node

Count = Annotated[
    str, Field(pattern=r"^\d+$", description="decimal digits: IPv6 counts don't fit JavaScript's numbers")
]


class AddressBlock(Facts):
    """One block of one holder."""

    version: Literal[4, 6] = Field(description="address family")
    cidr: AnyCidr
    size: Count = Field(description="number of addresses")
    used: Count = Field(description="addresses taken by the holders directly below")
    reserve: int = Field(description="per cent that is never given out")


class Holder(Facts):
    """A division, zone, segment, link or address."""

    key: str = Field(description="key of addresses.csv; a segment's gateway is <segment>/_gateway")
    parent: str = Field(description="key of the holder around it, empty at the top")
    kind: Kind = Field(description="what it is")
    name: str = Field(description="Chinese name")
    english: str = Field(description="English name")
    blocks: list[AddressBlock]


class AddressDocument(Facts):
    """The address plan; holders stand after the one around them. Fields may be added, others change the version."""

    version: Literal[1] = 1
    holders: list[Holder]


def render_document(nodes: Sequence[Node]) -> str:
    """The plan as JSON."""
    document = AddressDocument(
        holders=[
            Holder(
                key=node.key,
                parent=node.parent,
                kind=node.kind,
                name=node.name,
                english=node.english,
                blocks=[
                    AddressBlock(
                        version=share.entry.version,
                        cidr=share.entry.network,
                        size=str(share.size),
                        used=str(share.used),
                        reserve=share.reserve,
                    )
                    for share in node.shares
                ],
            )
            for node in nodes
        ]
    )
    return document.model_dump_json(indent=1) + "\n"
