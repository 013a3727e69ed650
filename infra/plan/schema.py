"""JSON Schema for editors and readers of addresses.json, generated from the models: one copy of every rule."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from infra.plan.exemptions import Exemptions
from infra.plan.export.document import AddressDocument
from infra.plan.flavors import Flavors
from infra.plan.load import Departments
from infra.plan.network import Network
from infra.plan.sites import Site
from infra.plan.stack import Stack
from infra.plan.systems import SystemEntry

MODELS: dict[str, type[BaseModel]] = {
    "network": Network,
    "flavors": Flavors,
    "departments": Departments,
    "system": SystemEntry,
    "site": Site,
    "stack": Stack,
    "exemptions": Exemptions,
    "addresses": AddressDocument,
}


def schemas() -> dict[str, str]:
    """File name → text."""
    found = {name: model.model_json_schema(by_alias=True, mode="validation") for name, model in MODELS.items()}
    stack = found["stack"]
    properties = {key: value for key, value in stack["properties"].items() if key != "extends"}
    found["defaults"] = {key: value for key, value in stack.items() if key != "anyOf"} | {
        "description": "Settings that several stacks share.",
        "properties": properties,
        "title": "Defaults",
    }
    return {f"{name}.json": _render(schema) for name, schema in found.items()}


def _render(schema: dict[str, Any]) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write_schemas(folder: Path) -> list[str]:
    """Write those that changed, and tell which."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in schemas().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed
