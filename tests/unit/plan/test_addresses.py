"""The address plan on provinces that nobody has seen: blocks of both families nest, never meet, and never move."""

from collections.abc import Sequence
from ipaddress import ip_network
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.plan.addresses import allocate, prove, unused
from infra.plan.base import BITS, VERSIONS, Version
from infra.plan.divisions import Division, Divisions
from infra.plan.ledger import Entry, Ledger
from infra.plan.needs import Need, division_needs, system_needs
from infra.plan.network import Network
from infra.plan.systems import System

NETWORK = Network.model_validate(
    {
        "extranet": ["10.0.0.0/8", "fd12:3456::/32"],
        "inner_network": ["172.16.0.0/12", "fc00::/8"],
        "levels": {
            "province": {"prefix": [8, 32], "reserve": 10},
            "city": {"prefix": [14, 40], "reserve": 20},
            "county": {"prefix": [19, 48], "reserve": 25},
            "township": {"prefix": [26, 56]},
        },
        "zones": {
            "shared": {"title": "公用网络区", "sizes": {"province": [16, 44], "city": [18, 48], "county": [24, 60]}},
            "dedicated": {"title": "专用网络区", "sizes": {"city": [18, 48]}, "reserve": 50},
        },
        "transit": {"prefix": [20, 48], "link": [29, 64]},
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


def system(name: str, division: str, hosts: int) -> System:
    """A system of so many hosts in the dedicated zone."""
    names = [f"{name}-{n}" for n in range(hosts)]
    function = {"zone": "dedicated", "flavor": "small", "image": "base", "hosts": names, "virtual_address": "shared"}
    return System.model_validate(
        {
            "name": name,
            "title": name,
            "owner": "$departments:office",
            "division": division,
            "tier": "city",
            "protection_level": 2,
            "recovery": {"rpo": "1h", "rto": "1h", "standard": "GB/T 20988-2025", "level": 3},
            "source": "-",
            "segments": {"dedicated": {"prefix": 27}},
            "functions": {"work": function},
        }
    )


def needs(divisions: Divisions, systems: Sequence[System] = ()) -> list[Need]:
    return [*division_needs(NETWORK, divisions), *system_needs(NETWORK, systems)]


def planned(divisions: Divisions, ledger: Ledger | None = None, systems: Sequence[System] = ()) -> Ledger:
    new, problems = allocate(NETWORK, needs(divisions, systems), ledger or Ledger.of(()), "a.csv")
    assert problems == []
    return new


def faults(divisions: Divisions, ledger: Ledger, systems: Sequence[System] = ()) -> list[str]:
    return [p.text for p in prove(NETWORK, needs(divisions, systems), ledger, "a.csv", "n.yaml")]


LARGEST = [[50] * 10] * 10  # five thousand townships
shapes = st.lists(st.lists(st.integers(0, 40), max_size=5), min_size=1, max_size=6)
hosts_by_system = st.dictionaries(st.sampled_from(["mail", "archive", "portal", "land"]), st.integers(1, 20))
quick = settings(max_examples=60)


@quick
@example(LARGEST)
@given(shapes)
def test_every_plan_that_is_allocated_can_be_proved(shape: list[list[int]]) -> None:
    divisions = province(shape)
    assert faults(divisions, planned(divisions)) == []


@quick
@example(LARGEST)
@given(shapes)
def test_a_township_never_leaves_its_countys_block(shape: list[list[int]]) -> None:
    divisions = province(shape)
    ledger = planned(divisions)
    for division in divisions.by_code.values():
        if division.parent:
            assert ledger.block(division.code).subnet_of(ledger.block(division.parent))
            assert ledger.block6(division.code).subnet_of(ledger.block6(division.parent))


@quick
@example(LARGEST)
@given(shapes)
def test_siblings_never_meet(shape: list[list[int]]) -> None:
    divisions = province(shape)
    ledger = planned(divisions)
    children: dict[tuple[Version, str], list[Entry]] = {}
    for need in needs(divisions):
        children.setdefault((need.version, need.parent), []).extend(ledger.by_key[need.version, need.key])
    for siblings in children.values():
        ordered = sorted(siblings)
        assert all(one.last < other.first for one, other in pairwise(ordered))


@quick
@example([[]], LARGEST)
@given(shapes, shapes)
def test_adding_divisions_moves_no_other(before: list[list[int]], more: list[list[int]]) -> None:
    """The second shape lies over the first one: new cities, counties and townships appear between the old."""
    first = province(before)
    ledger = planned(first)
    both = Divisions({**province(more).by_code, **first.by_code})
    wider = planned(both, ledger)
    assert set(ledger.entries) <= set(wider.entries)
    assert faults(both, wider) == []


@quick
@given(hosts_by_system, hosts_by_system)
def test_adding_or_removing_systems_and_hosts_moves_no_other(before: dict[str, int], after: dict[str, int]) -> None:
    divisions = province([[1]])
    first = [system(name, "990100", hosts) for name, hosts in before.items()]
    second = [system(name, "990100", hosts) for name, hosts in after.items()]
    ledger = planned(divisions, systems=first)
    changed = planned(divisions, ledger, second)
    assert set(ledger.entries) <= set(changed.entries)
    assert faults(divisions, changed, second) == []


@quick
@given(hosts_by_system)
def test_segments_are_one_link_and_hosts_one_address_in_either_family(hosts: dict[str, int]) -> None:
    systems = [system(name, "990100", count) for name, count in hosts.items()]
    ledger = planned(province([[]]), systems=systems)
    for one in systems:
        key = f"990100/dedicated/{one.name}"
        assert (ledger.block(key).prefixlen, ledger.block6(key).prefixlen) == (27, 64)
        for host in (*one.functions["work"].hosts, "shared"):
            address, address6 = ledger.block(f"{key}/{host}"), ledger.block6(f"{key}/{host}")
            assert (address.prefixlen, address6.prefixlen) == (32, 128)
            assert ledger.block(key)[1] < address.network_address < ledger.block(key)[-4]
            assert ledger.block6(key)[1] < address6.network_address < ledger.block6(key)[-131]


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
    assert set(unused(needs(rest), ledger)) == gone


@quick
@given(shapes)
def test_the_order_of_the_table_decides_nothing(shape: list[list[int]]) -> None:
    divisions = province(shape)
    backwards = Divisions(dict(reversed(divisions.by_code.items())))
    assert set(planned(divisions).entries) == set(planned(backwards).entries)


@quick
@example(LARGEST)
@given(shapes)
def test_the_reserve_is_never_touched(shape: list[list[int]]) -> None:
    divisions = province(shape)
    ledger = planned(divisions)
    for need in needs(divisions):
        if need.parent_reserve:
            parent, entry = (ledger.by_key[need.version, key][0] for key in (need.parent, need.key))
            whole = 1 << (BITS[need.version] - parent.prefix)
            assert entry.last <= parent.last - whole * need.parent_reserve // 100


@quick
@example(LARGEST)
@given(shapes)
def test_nothing_meets_the_inner_network(shape: list[list[int]]) -> None:
    ledger = planned(province(shape))
    for entry in ledger.entries:
        assert not any(entry.network.overlaps(inner) for inner in NETWORK.inner_network)


def test_a_full_county_tells_which_family_to_widen_and_how() -> None:
    full = [[100]]  # of IPv4, a county of 8192 addresses less a quarter and its own zone holds 92 townships of 64
    _, problems = allocate(NETWORK, needs(province(full)), Ledger.of(()), "a.csv")
    assert len(problems) == 8
    assert all("990101" in p.text and "25%" in p.text and "second row of IPv4" in p.text for p in problems)


def test_ipv6_runs_out_by_itself() -> None:
    tight = NETWORK.model_copy(
        update={"levels": {**NETWORK.levels, "county": NETWORK.levels["city"].model_copy(
            update={"prefix": NETWORK.levels["county"].prefix._replace(ipv6=52), "reserve": 25})}}
    )  # fmt: skip
    _, problems = allocate(tight, division_needs(tight, province([[13]])), Ledger.of(()), "a.csv")
    assert {p.key for p in problems} == {"990101013", "990101/shared"}
    assert "no free /56 left in 990101" in problems[0].text
    assert "second row of IPv6" in problems[0].text


def test_a_second_block_mends_an_exhausted_county() -> None:
    divisions = province([[100]])
    first, problems = allocate(NETWORK, needs(divisions), Ledger.of(()), "a.csv")
    assert problems
    city = first.by_key[4, "990100"][0]
    widened = Ledger.of((*first.entries, Entry(4, city.last + 1 - 2 * 8192, 19, "990101")))
    assert faults(divisions, planned(divisions, widened)) == []


def moved(ledger: Ledger, key: str, to: Entry) -> Ledger:
    return Ledger.of(
        Entry(to.version, to.first, e.prefix, e.key, 7) if (e.version, e.key) == (to.version, key) else e
        for e in ledger.entries
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("key", "other"), [("990102", "990101"), ("990101002", "990101001"), ("990200", "990100")])
def test_an_overlap_is_seen_at_every_level(key: str, other: str, version: Version) -> None:
    divisions = province([[3, 3], [2]])
    ledger = planned(divisions)
    clash = moved(ledger, key, ledger.by_key[version, other][0])
    assert any(f"overlaps {other}" in text for text in faults(divisions, clash))


@pytest.mark.parametrize("block", ["172.20.0.0/26", "fc12::/56"])
def test_a_block_in_the_inner_network_is_seen_in_either_family(block: str) -> None:
    divisions = province([[3]])
    clash = moved(planned(divisions), "990101002", Entry.of(ip_network(block), "990101002"))
    assert any("inner network" in text for text in faults(divisions, clash))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_block_is_told_by_family(version: Version) -> None:
    divisions = province([[3]])
    entries = planned(divisions).entries
    rest = Ledger.of(e for e in entries if (e.version, e.key) != (version, "990101002"))
    assert [f"no IPv{version} address" in text for text in faults(divisions, rest)] == [True]
