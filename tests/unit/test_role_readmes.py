"""What a role takes is told once: its README is as its argument specs are."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from playbooks import role_readmes

ROLES = sorted((Path(__file__).resolve().parents[2] / "roles").glob("mlps_*"))


def test_every_control_point_of_the_hosts_has_a_role() -> None:
    assert len(ROLES) == 11


def test_no_readme_is_older_than_the_specs() -> None:
    assert not [str(path) for path in role_readmes.stale()]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_default_is_an_argument_with_a_type_and_a_meaning(role: Path) -> None:
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    known = {name: option for spec in specs.values() for name, option in spec["options"].items()}
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text()) or {}
    assert not {name for name, option in known.items() if not option.get("type") or not option.get("description")}
    assert not {name for name in set(defaults) - set(known) if not name.endswith(("_bounds", "_levels"))}
