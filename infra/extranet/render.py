"""Writes a node's configuration in the syntax of FRR, one template a role."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.extranet.model import Node

SUFFIX = ".conf"


@cache
def templates() -> Environment:
    """The roles' templates, compiled once."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=False,  # noqa: S701 - routers read no HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )


def render(nodes: Iterable[Node]) -> dict[str, str]:
    """The text of each node's frr.conf, by file name."""
    return {
        f"{node.name}{SUFFIX}": templates().get_template(f"{node.role}.conf.j2").render(node=node) for node in nodes
    }
