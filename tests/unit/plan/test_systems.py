"""The province's systems as the facts tell them, and as the documents that ask for them do."""

import re
from collections import Counter
from ipaddress import IPv4Network

import pytest
from ruamel.yaml import YAML

from infra.plan.catalogue import catalogue
from infra.plan.load import load
from infra.plan.services import PROVIDED, functions, unprovided
from infra.plan.world import World
from lab.openstack.cloud import FLAVOURS
from tests.unit.plan.conftest import ROOT, Problems, Spoil

DOCUMENTS = (
    "《江西省“十三五”时期电子政务发展规划》",
    "《九江市2013年电子政务工作要点》（九电政监字〔2013〕1号）",
    "《肖兵在九江市电子政务和电子监察工作会议上的发言》（2012年3月19日）",
    "《2013年江西省电子政务发展概况》",
    "《江西省统计局十二五时期电子政务发展规划思路》",
)


@pytest.fixture(scope="module")
def world() -> World:
    return load(ROOT / "stacks")


def test_every_system_names_its_document_and_the_place_in_it(world: World) -> None:
    for system in world.systems.values():
        for part in system.source.split("；"):
            document = next((title for title in DOCUMENTS if part.startswith(title)), None)
            assert document, f"{system.name}: {part}"
            assert part.removeprefix(document), f"{system.name} names no place in {document}"


def test_no_host_and_no_title_is_there_twice(world: World) -> None:
    hosts = Counter(h for s in world.systems.values() for f in s.functions.values() for h in f.hosts)
    titles = Counter((s.title, s.division) for s in world.systems.values())
    assert [name for name, count in (*hosts.items(), *titles.items()) if count > 1] == []


def test_all_systems_of_a_division_fit_into_one_stack(world: World) -> None:
    """An inventory group belongs to one system, whatever a stack builds."""
    owners: dict[tuple[str, str], set[str]] = {}
    for system in world.placed_systems.values():
        for name in functions(system):
            owners.setdefault((system.division, name), set()).add(system.name)
    assert {key: names for key, names in owners.items() if len(names) > 1} == {}


def test_what_holds_data_is_backed_up(world: World) -> None:
    """The vault keeps the backups of others; the platform's own logs and metrics are not backed up yet."""
    exempt = {"recovery/backup_vault", "operations/monitor", "province-operations/monitor"}
    for system in world.systems.values():
        saved = {flow.from_ for flow in system.flows if flow.to == "$systems:recovery/backup_vault"}
        holding = {f"{system.name}/{name}" for name, function in system.functions.items() if function.holds_data}
        assert {f"$systems:{name}" for name in holding - exempt} <= saved, system.name


def test_a_database_hears_only_hosts_that_are_named(world: World) -> None:
    for system in world.systems.values():
        for flow in system.flows:
            _, _, rest = flow.to.partition(":")
            name, _, function = rest.partition("/")
            if function and world.systems[name].functions[function].holds_data and flow.ports == [5432]:
                assert flow.from_.startswith("$systems:"), flow


def test_a_block_named_in_a_flow_is_that_of_the_systems_division(world: World) -> None:
    for system in world.placed_systems.values():
        for flow in system.flows:
            for end in (flow.from_, flow.to):
                if end[0].isdigit():
                    assert IPv4Network(end) == world.ledger.block(system.division), f"{system.name}: {end}"


def test_only_the_website_cluster_hears_the_internet(world: World) -> None:
    heard = {f.to for s in world.systems.values() for f in s.flows if f.from_ == "$outside:internet"}
    assert {end.partition("/")[2] for end in heard} == {"web_gateway"}


def test_provided_functions_are_those_that_a_playbook_works_on() -> None:
    named: set[str] = set()
    for path in (ROOT / "playbooks").glob("*.yml"):
        plays = YAML(typ="safe").load(path)
        named |= {group for play in plays if "hosts" in play for group in re.split("[:,]", play["hosts"])}
    assert {name for name in named if re.fullmatch("[a-z_]+", name)} - {"all", "localhost"} == PROVIDED


def test_a_function_that_nothing_installs_is_told(world: World) -> None:
    assert "trading/trading_application" in unprovided(world.systems.values())
    assert "| `trading_application`" in catalogue(world)
    assert unprovided([world.systems["website"], world.systems["operations"], world.systems["recovery"]]) == []


def test_the_page_in_docs_is_the_one_that_the_facts_give(world: World) -> None:
    page = (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    assert page == catalogue(world), "run: python -m infra.plan systems docs/systems.md"


def test_flavors_ask_for_what_the_lab_gives(world: World) -> None:
    for key, name in world.stacks["lab"].flavors.items():
        flavor = world.flavors[key]
        assert FLAVOURS[name][:3] == (flavor.cores, flavor.ram_mb, flavor.disk_gb)


FAULTS = {
    "tier unlike the division's": ("exchange", "tier: city", "tier: province", "tier", "write that"),
    "no tier": ("approval", "tier: city\n", "", "tier", "required and missing"),
    "owner that not every division of the tier has": (
        "approval",
        "$departments:city-approval",
        "$departments:city-statistics",
        "owner",
        "neither 360100 nor",
    ),
    "peer that not every division of the tier has": (
        "approval",
        "$systems:recovery/backup_vault",
        "$systems:exchange/exchange_database",
        "flows.0.to",
        "neither 360100 nor",
    ),
    "flavor that nobody sized": (
        "approval",
        "flavor: data",
        "flavor: huge",
        "functions.database.flavor",
        "flavors.yaml has",
    ),
    "segment too small": (
        "approval",
        "[db-1]",
        f"[{', '.join(f'db-{n}' for n in range(28))}]",
        "segments.dedicated.prefix",
        "26",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_a_system_is_told(case: str, spoil: Spoil, problems: Problems) -> None:
    name, old, new, key, word = FAULTS[case]
    spoil(f"systems/{name}.yaml", old, new)
    assert [p for p in problems() if p.file == f"stacks/systems/{name}.yaml" and p.key == key and word in p.text]


DEPARTMENTS = {
    "neither division nor tier": (", tier: city}", "}", "city-office"),
    "division and tier": (", tier: city}", ", tier: city, division: 360400}", "city-office"),
}


@pytest.mark.parametrize("case", DEPARTMENTS)
def test_a_department_stands_in_one_division_or_in_all_of_a_tier(case: str, spoil: Spoil, problems: Problems) -> None:
    old, new, key = DEPARTMENTS[case]
    spoil("departments.yaml", old, new)
    assert [(p.file, p.key) for p in problems() if "write division" in p.text] == [("stacks/departments.yaml", key)]


def test_an_entry_of_a_tier_stands_in_every_division_of_it_under_its_name(world: World) -> None:
    cities = {code for code, division in world.divisions.by_code.items() if division.level == "city"}
    for name in ("operations", "website", "approval"):
        assert {code for code, one in world.placed_systems if one == name} == cities
    for code in cities:
        owner = world.department("$departments:city-office", code)
        assert owner
        assert owner.title == f"{world.divisions[code].name}人民政府办公室"


def test_a_name_means_the_divisions_own_then_what_is_above_it(world: World) -> None:
    for code in ("360100", "360400"):
        own, above = world.system("$systems:website", code), world.system("$systems:recovery/backup_vault", code)
        assert own
        assert above
        assert (own.division, above.division) == (code, "360000")
    assert world.system("$systems:website", "360000") is None
    assert world.system("$systems:exchange", "360100") is None
