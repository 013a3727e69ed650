"""Every control item is known by one catalogue: roles, checks and waivers can only name items that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from tests.compliance.catalogue import CATALOGUE, Automation, Catalogue, load_catalogue, read_yaml
from tests.compliance.waivers import load_waivers

ROOT = Path(__file__).resolve().parents[2]
POINTS = (*(f"8.1.4.{number}" for number in range(1, 12)), "7.1.4.5", "7.1.4.6", "7.1.4.7", "7.1.4.8")
ITEM = re.compile(r"[78](?:\.\d+){3}(?:-[a-z])?")
CHECKS = sorted((ROOT / "tests" / "compliance").glob("test_*.py"))
TASKS = sorted((ROOT / "roles").glob("mlps_*/tasks/*.yml"))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def tasks(path: Path) -> Iterator[dict[str, Any]]:
    """Tasks that do something; those that only import others carry tags, no name of an item."""
    imports = {"ansible.builtin.import_tasks", "ansible.builtin.import_role"}
    yield from (task for task in yaml.safe_load(path.read_text()) if not imports & set(task))


def checked() -> list[str]:
    return [item for path in CHECKS for item in re.findall(r'mark\.control\("([^"]+)"\)', path.read_text())]


def test_the_catalogue_holds_every_item_of_both_levels(catalogue: Catalogue) -> None:
    assert len(catalogue.controls) == 129
    assert sum(3 in control.levels for control in catalogue.controls) == 120
    assert sum(2 in control.levels for control in catalogue.controls) >= 71


def test_level_2_numbers_are_those_of_level_2(catalogue: Catalogue) -> None:
    assert catalogue.by_id["8.1.4.9-a"].number(2) == "7.1.4.8-a"
    assert catalogue.by_id["8.1.4.9-a"].number(3) == "8.1.4.9-a"


def test_each_item_of_the_hosts_points_has_exactly_one_check_and_a_role(catalogue: Catalogue) -> None:
    found = checked()
    assert len(found) == len(set(found))
    assert not {control.id for control in catalogue.hosts_items(POINTS)} - set(found)
    for item, control in ((item, catalogue.by_id[item]) for item in found):
        assert control.role, f"{item} names no role"
        assert control.mend, f"{item} has no advice"
        named = [path for path in (ROOT / "roles" / control.role).glob("tasks/*.yml") if item in path.read_text()]
        assert named, f"{item}: no task of {control.role} names it"


def test_of_the_hosts_points_only_two_factors_and_patching_are_left(catalogue: Catalogue) -> None:
    points = {control.id for control in catalogue.controls if control.id.partition("-")[0] in POINTS}
    assert points - set(checked()) <= {"8.1.4.1-d", "8.1.4.4-e"}


@pytest.mark.parametrize("path", TASKS, ids=lambda path: "/".join(path.parts[-3:]))
def test_each_task_starts_with_known_items_and_carries_them_as_tags(path: Path, catalogue: Catalogue) -> None:
    main = yaml.safe_load((path.parent / "main.yml").read_text())
    inherited = [set(task.get("tags", [])) for task in main if task.get("ansible.builtin.import_tasks") == path.name]
    for task in tasks(path):
        named = set(ITEM.findall(task["name"].partition(" | ")[0]))
        assert named, f"{path}: task without an item: {task['name']}"
        assert named <= set(catalogue.by_id), f"{path}: unknown item in: {task['name']}"
        assert named <= set(task.get("tags", [])).union(*inherited), f"{path}: tags lack the items of: {task['name']}"


def test_every_waiver_names_a_known_item(catalogue: Catalogue) -> None:
    assert load_waivers(catalogue)


ENTRY = "{item: %s, point: p, hosts: [%s], owner: o, reason: r, compensation: c, expires: 2027-01-01}"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (ENTRY % ("8.1.4.99-z", "all"), r"unknown item 8\.1\.4\.99-z"),
        (ENTRY % ("8.1.4.2-d", "db-1, db-9"), r"unknown host or group: db-9"),
        (ENTRY.replace("owner: o, ", "") % ("8.1.4.2-d", "all"), r"waivers\.0\.owner: Field required"),
    ],
)
def test_a_waiver_that_covers_nothing_known_is_refused(
    catalogue: Catalogue, tmp_path: Path, entry: str, told: str
) -> None:
    register = tmp_path / "waivers.yaml"
    register.write_text(f"waivers:\n  - {entry}\n")
    with pytest.raises(ValueError, match=told):
        load_waivers(catalogue, register, frozenset({"db-1", "database"}))


def test_a_waiver_may_speak_of_all_of_a_host_of_a_group_and_of_the_platform(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    register = tmp_path / "waivers.yaml"
    register.write_text(f"waivers:\n  - {ENTRY % ('8.1.4.2-d', 'all, db-1, database, platform')}\n")
    assert load_waivers(catalogue, register, frozenset({"db-1", "database"}))


def test_a_waiver_may_speak_of_what_another_stack_builds(catalogue: Catalogue, tmp_path: Path) -> None:
    """One register serves all stacks, and an audit sees the hosts of one: here of one without a vault."""
    register = tmp_path / "waivers.yaml"
    register.write_text(f"waivers:\n  - {ENTRY % ('8.1.4.9-c', 'backup_vault, vault-1')}\n")
    assert load_waivers(catalogue, register, frozenset({"db-1"}))


def test_an_item_named_twice_is_refused() -> None:
    raw = read_yaml(CATALOGUE)
    raw["controls"].append(raw["controls"][0])
    with pytest.raises(ValidationError, match=raw["controls"][0]["id"]):
        Catalogue.model_validate(raw)


def test_a_catalogue_that_does_not_parse_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "catalogue.yaml"
    broken.write_text("controls: [")
    with pytest.raises(ValueError, match=r"catalogue\.yaml"):
        load_catalogue(broken)


def test_hardening_settings_lie_within_the_bounds_of_the_audit(catalogue: Catalogue) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / "mlps_identity" / "defaults" / "main.yml").read_text())
    for level in (2, 3):
        values = defaults["mlps_identity_levels"][str(level)]
        bounds = {**catalogue.by_id["8.1.4.1-a"].limits, **catalogue.by_id["8.1.4.1-b"].limits}
        for name in ("password_length", "password_classes", "password_history", "lock_seconds"):
            assert values[name] >= bounds[name][level]
        for name in ("password_max_days", "failed_logins", "idle_seconds", "auth_tries"):
            assert values[name] <= bounds[name][level]


def test_what_code_cannot_judge_is_marked_so(catalogue: Catalogue) -> None:
    assert {control.automation for control in catalogue.controls} == set(Automation)
