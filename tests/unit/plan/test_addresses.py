"""The address plan on provinces that nobody has seen: blocks nest, never meet, and never move."""

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.plan.addresses import allocate, prove, unused
from infra.plan.divisions import Division, Divisions
from infra.plan.ledger import Entry, Ledger, parse_ledger, render_ledger
from infra.plan.needs import division_needs
from infra.plan.network import Network

NETWORK = Network.model_validate(
    {
        "extranet": ["10.0.0.0/8"],
        "inner_network": ["172.16.0.0/12"],
        "levels": {
            "province": {"prefix": 8, "reserve": 10},
            "city": {"prefix": 14, "reserve": 20},
            "county": {"prefix": 19, "reserve": 25},
            "township": {"prefix": 26},
        },
        "zones": {
            "shared": {"title": "公用网络区", "sizes": {"province": 16, "city": 18, "county": 24}},
            "dedicated": {"title": "专用网络区", "sizes": {"city": 18}},
        },
        "transit": {"prefix": 20, "link": 29},
    }
)


def province(shape: Sequence[Sequence[int]]) -> Divisions:
    """A province by its cities, each a list of the numbers of townships of its counties."""
    found = [Division("990000", "省", "province", "")]
    for c, counties in enumerate(shape, 1):
        city = f"99{c:02}00"
        found.append(Division(city, f"市{c}", "city", "990000"))
        for n, townships in enumerate(counties, 1):
            county = f"99{c:02}{n:02}"
            found.append(Division(county, f"县{n}", "county", city))
            found += [Division(f"{county}{t:03}", f"乡{t}", "township", county) for t in range(1, townships + 1)]
    return Divisions({division.code: division for division in found})


def planned(divisions: Divisions, ledger: Ledger | None = None) -> Ledger:
    new, problems = allocate(NETWORK, division_needs(NETWORK, divisions), ledger or Ledger.of(()), "a.csv")
    assert problems == []
    return new


def faults(divisions: Divisions, ledger: Ledger) -> list[str]:
    return [p.text for p in prove(NETWORK, division_needs(NETWORK, divisions), ledger, "a.csv", "n.yaml")]


shapes = st.lists(st.lists(st.integers(0, 40), max_size=12), min_size=1, max_size=12)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(shapes)
def test_every_plan_that_is_allocated_can_be_proved(shape: list[list[int]]) -> None:
    divisions = province(shape)
    assert faults(divisions, planned(divisions)) == []


@quick
@given(shapes)
def test_a_township_never_leaves_its_countys_block(shape: list[list[int]]) -> None:
    divisions = province(shape)
    ledger = planned(divisions)
    for division in divisions.by_code.values():
        if division.parent:
            assert ledger.block(division.code).subnet_of(ledger.block(division.parent))


@quick
@given(shapes)
def test_siblings_never_meet(shape: list[list[int]]) -> None:
    divisions = province(shape)
    ledger = planned(divisions)
    children: dict[str, list[Entry]] = {}
    for need in division_needs(NETWORK, divisions):
        children.setdefault(need.parent, []).extend(ledger.by_key[need.key])
    for siblings in children.values():
        ordered = sorted(siblings)
        assert all(one.last < other.first for one, other in pairwise(ordered))


@quick
@given(shapes, shapes)
def test_adding_divisions_moves_no_other(before: list[list[int]], more: list[list[int]]) -> None:
    """The second shape lies over the first one: new cities, counties and townships appear between the old."""
    first = province(before)
    ledger = planned(first)
    both = Divisions({**province(more).by_code, **first.by_code})
    wider = planned(both, ledger)
    assert {entry.key: entry.first for entry in ledger.entries}.items() <= {
        e.key: e.first for e in wider.entries
    }.items()
    assert faults(both, wider) == []


@quick
@given(shapes, st.randoms(use_true_random=False))
def test_removing_a_division_moves_no_other_and_frees_nothing_silently(shape: list[list[int]], random: object) -> None:
    divisions = province(shape)
    ledger = planned(divisions)
    leaves = [d.code for d in divisions.by_code.values() if d.level == "township"]
    gone = set(random.sample(leaves, k=len(leaves) // 3))  # type: ignore[attr-defined]
    rest = Divisions({code: d for code, d in divisions.by_code.items() if code not in gone})
    assert planned(rest, ledger).entries == ledger.entries
    assert faults(rest, ledger) == []
    assert set(unused(division_needs(NETWORK, rest), ledger)) == gone


@quick
@given(shapes)
def test_the_order_of_the_table_decides_nothing(shape: list[list[int]]) -> None:
    divisions = province(shape)
    backwards = Divisions(dict(reversed(divisions.by_code.items())))
    assert set(planned(divisions).entries) == set(planned(backwards).entries)


@quick
@given(shapes)
def test_the_ledger_survives_its_file(shape: list[list[int]]) -> None:
    entries = planned(province(shape)).entries
    read, problems = parse_ledger(render_ledger(entries), "a.csv")
    assert problems == []
    assert set(read.entries) == set(entries)


def test_the_reserve_is_not_given_away() -> None:
    full = [[100]]  # a county of 8192 addresses less a quarter and its own zone holds 92 townships of 64
    _, problems = allocate(NETWORK, division_needs(NETWORK, province(full)), Ledger.of(()), "a.csv")
    assert len(problems) == 8
    assert all("990101" in p.text and "25%" in p.text and "second row" in p.text for p in problems)


def test_a_second_block_mends_an_exhausted_county() -> None:
    divisions = province([[100]])
    first, problems = allocate(NETWORK, division_needs(NETWORK, divisions), Ledger.of(()), "a.csv")
    assert problems
    city = first.by_key["990100"][0]
    widened = Ledger.of((*first.entries, Entry(city.last + 1 - 2 * 8192, 19, "990101")))
    assert faults(divisions, planned(divisions, widened)) == []


def overlapping(ledger: Ledger, key: str, other: str) -> Ledger:
    moved = ledger.by_key[other][0]
    return Ledger.of(Entry(moved.first, e.prefix, e.key, 7) if e.key == key else e for e in ledger.entries)


@pytest.mark.parametrize(("key", "other"), [("990102", "990101"), ("990101002", "990101001"), ("990200", "990100")])
def test_an_overlap_is_seen_at_every_level(key: str, other: str) -> None:
    divisions = province([[3, 3], [2]])
    assert any(f"overlaps {other}" in text for text in faults(divisions, overlapping(planned(divisions), key, other)))


def test_five_thousand_townships_are_planned_and_proved_in_linear_time() -> None:
    def seconds(shape: list[list[int]]) -> float:
        begin = time.process_time()
        divisions = province(shape)
        assert faults(divisions, planned(divisions)) == []
        return time.process_time() - begin

    small = min(seconds([[50] * 10] * 2) for _ in range(3))
    large = min(seconds([[50] * 10] * 10) for _ in range(3))
    assert large < 8 * small
    assert large < 2
