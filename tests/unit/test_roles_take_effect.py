"""What a role writes takes effect even when the run that wrote it was broken off: by the host's record of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"
WITH_HANDLERS = sorted(path.parents[1].name for path in ROLES.glob("*/handlers/main.yml"))


def tasks(role: str) -> list[dict[str, Any]]:
    files = sorted((ROLES / role / "tasks").glob("*.yml"))
    return [task for file in files for task in yaml.safe_load(file.read_text(encoding="utf-8"))]


def comparison(role: str) -> dict[str, Any]:
    """The role's one call of in_effect."""
    (call,) = (task for task in tasks(role) if task.get("ansible.builtin.import_role", {}).get("name") == "in_effect")
    return call


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir() if path.name != "in_effect"))
def test_no_role_relies_on_the_memory_of_one_run(role: str) -> None:
    assert not [task["name"] for task in tasks(role) if "notify" in task]


@pytest.mark.parametrize("role", WITH_HANDLERS)
def test_every_handler_has_its_files_and_the_record_comes_last(role: str) -> None:
    *handlers, record = yaml.safe_load((ROLES / role / "handlers" / "main.yml").read_text(encoding="utf-8"))
    given = comparison(role)["vars"]
    assert given["in_effect_role"] == role
    assert {handler["name"] for handler in handlers} == {one["handler"] for one in given["in_effect_settings"]}
    assert record["name"] == "Record what is in effect"
    place = f"/var/lib/ganyun/effective/{role}"
    assert record["ansible.builtin.command"]["argv"] == ["cp", f"{place}.seen", place]


@pytest.mark.parametrize("role", [role for role in WITH_HANDLERS if role.startswith("mlps_")])
def test_no_choice_of_control_items_leaves_the_comparison_out(role: str) -> None:
    assert comparison(role)["tags"] == ["always"]
