"""Editors check with the same rules as the planner."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from infra.plan.schema import schemas, write_schemas
from tests.unit.plan.conftest import ROOT

STACKS = ROOT / "stacks"
FILES = [
    *STACKS.glob("[a-z]*.yaml"),
    *STACKS.glob("systems/*.yaml"),
    *STACKS.glob("sites/*.yaml"),
    *STACKS.glob("defaults/*.yaml"),
]


def test_schemas_in_git_are_those_of_the_models() -> None:
    stale = [name for name, text in schemas().items() if (STACKS / "schema" / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m infra.plan schema"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(STACKS)))
def test_every_file_names_its_schema_and_obeys_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    schema = json.loads((file.parent / first.partition("=")[2]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(YAML(typ="safe").load(text), default=str)))


def test_schemas_are_written_only_when_they_change(tmp_path: Path) -> None:
    assert sorted(write_schemas(tmp_path)) == sorted(schemas())
    assert write_schemas(tmp_path) == []
    (tmp_path / "stack.json").write_text("{}", encoding="utf-8")
    assert write_schemas(tmp_path) == ["stack.json"]
