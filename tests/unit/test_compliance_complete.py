"""Nothing is left out and nothing made up: each item is checked or says why not, and only known items are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compliance.catalogue import Catalogue, load_catalogue
from tests.compliance.pages import pages
from tests.compliance.traces import ROOT, Traces, traces
from tests.compliance.waivers import load_waivers

DOCS = ROOT / "docs" / "controls"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def named() -> Traces:
    return traces()


def unaccounted(catalogue: Catalogue, named: Traces) -> list[str]:
    """Items with neither check nor reason, and items that give a reason for the lack of a check that they have."""
    return [one.id for one in catalogue.controls if (one.id in named.checks) is bool(one.reason)]


def test_each_item_has_a_check_or_says_why_it_has_none(catalogue: Catalogue, named: Traces) -> None:
    assert unaccounted(catalogue, named) == []


def test_an_item_that_loses_its_check_is_noticed(catalogue: Catalogue, named: Traces) -> None:
    less = {item: where for item, where in named.checks.items() if item != "8.1.4.1-a"}
    lost = set(unaccounted(catalogue, named.model_copy(update={"checks": less}))) - set(unaccounted(catalogue, named))
    assert lost == {"8.1.4.1-a"}


def test_tasks_checks_policies_and_breaks_name_known_items_alone(catalogue: Catalogue, named: Traces) -> None:
    assert {kind: items - set(catalogue.by_id) for kind, items in named.named.items()} == {
        kind: set() for kind in named.named
    }
    assert all(named.named.values())


def test_an_unknown_item_is_seen_wherever_it_is_named(tmp_path: Path) -> None:
    tasks = tmp_path / "roles" / "mlps_x" / "tasks"
    checks = tmp_path / "tests" / "compliance"
    breaks = tmp_path / "tests" / "lab"
    for folder in (tasks, checks, breaks):
        folder.mkdir(parents=True)
    (tasks / "main.yml").write_text("- block:\n    - {name: 8.1.4.97-a 8.1.4.1-a | Do it, b.c.d: {}}\n")
    (checks / "test_it.py").write_text('@pytest.mark.control("8.1.4.98-a")\ndef test_it(): ...\n')
    (breaks / "breaks.yaml").write_text("8.1.4.99-a: {}\n")
    found = traces(tmp_path)
    assert set(found.tasks) == {"8.1.4.97-a", "8.1.4.1-a"}
    assert set(found.checks) == {"8.1.4.98-a"}
    assert set(found.breaks) == {"8.1.4.99-a"}


def test_each_checked_item_of_a_host_is_applied_by_a_task(catalogue: Catalogue, named: Traces) -> None:
    hosts = [one for one in catalogue.controls if one.scope == "host" and one.id in named.checks]
    assert [one.id for one in hosts if one.id not in named.tasks] == []
    assert [one.id for one in hosts if not one.role or not one.mend] == []


def test_the_pages_are_as_young_as_the_catalogue(catalogue: Catalogue, named: Traces) -> None:
    texts = pages(catalogue, named, load_waivers(catalogue))
    found = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    stale = sorted(name for name in texts.keys() | found.keys() if texts.get(name) != found.get(name))
    assert not stale, f"python -m tests.compliance pages: {', '.join(stale)}"
