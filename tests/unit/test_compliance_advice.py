"""What the catalogue advises can be done: whatever is judged has its mend, and whatever a mend names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.compliance.catalogue import Automation, Catalogue, load_catalogue

ROOT = Path(__file__).resolve().parents[2]
# The guide's cases of levels 2 and 3, from the network to the cloud's operation; without places, people and level 4.
GUIDE = (
    "6.2.1.1 6.2.1.2 6.2.1.3 6.2.2.1 6.3.1.1 6.3.1.2 6.3.2.1 6.3.3.1 6.3.3.2 6.3.3.3 6.4.1.1 6.4.1.2 6.4.1.3 6.4.2.1"
    " 6.4.2.2 6.4.3.1 6.4.3.2 6.4.3.3 6.4.4.1 6.4.5.1 6.4.5.2 6.4.6.1 6.4.6.2 6.4.7.1 6.4.7.2 6.5.1.1 6.5.1.2 7.1.1.1"
    " 7.2.1.1 7.2.1.2 7.2.1.4 7.3.1.1 7.3.2.1 7.4.1.1 7.4.2.1 7.4.3.1 7.4.3.2 7.4.4.1 7.5.1.1 7.6.1.1 7.6.2.1 7.7.1.1"
)
OLDER = "T/ISEAA"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_every_item_that_is_judged_says_how_it_is_mended(catalogue: Catalogue) -> None:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "compliance").rglob("test_*.py"))
    judged = {item for text in texts for item in re.findall(r'mark\.control\("([^"]+)"\)', text)}
    assert judged
    assert not {item for item in judged if not catalogue.by_id[item].mend}


def test_a_mend_names_playbooks_that_are_there_and_tags_that_a_task_carries(catalogue: Catalogue) -> None:
    tasks = (path.read_text(encoding="utf-8") for path in (ROOT / "roles").glob("mlps_*/tasks/*.yml"))
    tags = {tag for text in tasks for line in re.findall(r"tags: \[(.*)\]", text) for tag in line.split(", ")}
    for control in catalogue.controls:
        named = set(re.findall(r"([a-z_]+\.yml)", control.mend))
        assert not {name for name in named if not (ROOT / "playbooks" / name).exists()}, control.id
        assert set(re.findall(r"--tags ([\w.-]+)", control.mend)) <= tags, control.id


def test_no_case_of_the_guide_to_high_risks_is_forgotten(catalogue: Catalogue) -> None:
    cases = {control.risk_case.partition(" ")[0] for control in catalogue.controls if control.high_risk}
    assert cases - {OLDER} == set(GUIDE.split())


def test_no_two_items_make_different_cases_of_one_number(catalogue: Catalogue) -> None:
    whole = {control.risk_case for control in catalogue.controls if control.high_risk}
    assert len(whole) == len({case.partition(" ")[0] for case in whole})


def test_an_item_that_gives_a_reason_against_a_check_claims_no_automatic_judgement(catalogue: Catalogue) -> None:
    assert not [one.id for one in catalogue.controls if one.reason and one.automation is not Automation.NONE]
