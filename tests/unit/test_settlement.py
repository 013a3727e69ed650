"""Hosts count as settled only while servers, roles, playbooks and facts are those of the last complete run."""

import json
from pathlib import Path

import pytest

from lab import settlement
from lab.paths import Paths, stack_settings


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setattr(settlement, "servers", lambda: json.dumps([["server-1"], []]))
    for name in ("roles/one/tasks/main.yml", "playbooks/site.yml", "stacks/network.yaml", "state/x", "ansible.cfg"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("first", encoding="utf-8")
    state = tmp_path / "state"
    here = Paths(tmp_path, tmp_path / "cache", state, state / "secrets", tmp_path / "reports")
    settlement.record(here)
    return here


def test_an_unchanged_lab_is_settled(paths: Paths) -> None:
    assert settlement.holds(paths)


def test_a_lab_without_a_complete_run_is_not_settled(paths: Paths) -> None:
    settlement.mark(paths).unlink()
    assert not settlement.holds(paths)


@pytest.mark.parametrize(
    "name", ["roles/one/tasks/main.yml", "playbooks/site.yml", "stacks/network.yaml", "ansible.cfg"]
)
def test_a_changed_source_unsettles(paths: Paths, name: str) -> None:
    (paths.home / name).write_text("second", encoding="utf-8")
    assert not settlement.holds(paths)


def test_a_new_source_unsettles(paths: Paths) -> None:
    (paths.home / "roles/one/tasks/more.yml").write_text("", encoding="utf-8")
    assert not settlement.holds(paths)


def test_a_rebuilt_server_unsettles(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "servers", lambda: json.dumps([["server-2"], []]))
    assert not settlement.holds(paths)


def test_pulumis_own_settings_do_not_unsettle(paths: Paths) -> None:
    stack_settings(paths).write_text("encryptionsalt: other", encoding="utf-8")
    assert settlement.holds(paths)
