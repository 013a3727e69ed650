"""Onboarding is data alone: what is scaffolded passes at once, costs what was told, and moves nothing."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from infra.plan.__main__ import app
from infra.plan.assign import assign
from infra.plan.build import build_plan
from infra.plan.cost import quota_cost
from infra.plan.ledger import parse_ledger
from infra.plan.load import load
from infra.plan.problems import FactsError
from tests.unit.plan.conftest import ROOT, copied
from tests.unit.plan.test_addresses import province

CITY = ("new", "city", "360500", "--name", "xinyu", "--like", "nanchang")
ALONE = (*CITY[:-1], "lab")
SYSTEM = (
    "new",
    "system",
    "demo",
    "--title",
    "演示系统",
    "--owner",
    "city-office",
    "--level",
    "3",
    "--source",
    "《方案》",
    "--division",
    "360400",
)
SITE = (
    "new",
    "site",
    "demo",
    "--title",
    "演示",
    "--host",
    "demo.test",
    "--division",
    "360423",
    "--owner",
    "wuning-office",
)
BODY = ("new", "department", "demo-office", "--title", "某局", "--division", "360424")
COMMANDS = {"city": CITY, "city with an exit of its own": ALONE, "system": SYSTEM, "site": SITE, "department": BODY}


def without_xinyu(folder: Path) -> Path:
    """Facts of a province in which one city has no stack yet."""
    facts = copied(folder)
    (facts / "xinyu.yaml").unlink()
    return facts


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return without_xinyu(tmp_path)


class Onboarded(NamedTuple):
    """A command's dry run, the command, and the files before, between and after them."""

    facts: Path
    before: dict[str, bytes]
    dry: Result
    between: dict[str, bytes]
    done: Result
    after: dict[str, bytes]


Onboarding = Callable[[str], Onboarded]


@pytest.fixture(scope="module")
def onboarded(tmp_path_factory: pytest.TempPathFactory) -> Onboarding:
    """What each command does to facts that no test may spoil."""

    @cache
    def record(kind: str) -> Onboarded:
        facts = without_xinyu(tmp_path_factory.mktemp("onboarded"))
        before = files(facts)
        dry = run(facts, *COMMANDS[kind], "--dry-run")
        between = files(facts)
        return Onboarded(facts, before, dry, between, run(facts, *COMMANDS[kind]), files(facts))

    return record


def run(facts: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--facts", str(facts)])


def files(facts: Path) -> dict[str, bytes]:
    return {path.relative_to(facts).as_posix(): path.read_bytes() for path in facts.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", COMMANDS)
def test_what_is_scaffolded_passes_the_check_at_once(kind: str, onboarded: Onboarding) -> None:
    assert onboarded(kind).done.exception is None, onboarded(kind).done.output
    world = load(onboarded(kind).facts)
    assert all(build_plan(world, stack) for stack in world.stacks)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_dry_run_tells_the_same_and_writes_nothing(kind: str, onboarded: Onboarding) -> None:
    made = onboarded(kind)
    assert made.between == made.before
    assert made.done.output == made.dry.output.replace("将写入 would write", "已写入 written")


@pytest.mark.parametrize("kind", COMMANDS)
def test_what_is_there_is_never_overwritten(kind: str, onboarded: Onboarding) -> None:
    made = onboarded(kind)
    again = run(made.facts, *COMMANDS[kind])
    assert isinstance(again.exception, FactsError)
    assert files(made.facts) == made.after


@pytest.mark.parametrize("kind", COMMANDS)
def test_onboarding_only_adds(kind: str, onboarded: Onboarding) -> None:
    made = onboarded(kind)
    assert made.after != made.before
    for name, content in made.before.items():
        assert set(content.splitlines()) <= set(made.after[name].splitlines()), name
        assert made.after[name] == content or name in ("addresses.csv", "departments.yaml")


def test_a_city_is_the_one_it_is_made_like_under_its_own_names(onboarded: Onboarding) -> None:
    facts = onboarded("city with an exit of its own").facts
    world = load(facts)
    old, new = build_plan(world, "lab"), build_plan(world, "xinyu")
    own = [group for group in new.host_groups if group.division == "360500"]
    assert [g.function for g in new.host_groups] == [g.function for g in old.host_groups]
    assert {h.address for g in own for h in g.hosts}.isdisjoint(h.address for g in old.host_groups for h in g.hosts)
    assert all(host.address in world.ledger.block("360500") for g in own for host in g.hosts)
    assert [domain.name for domain in new.domains] == ["province-360000", "city-360500"]
    assert new.stack.protect_data
    assert "360400" not in (facts / "xinyu.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["city", "city with an exit of its own"])
def test_the_quota_that_is_told_is_that_of_the_plan(kind: str, onboarded: Onboarding) -> None:
    world = load(onboarded(kind).facts)
    plan = build_plan(world, "xinyu")
    told = quota_cost(world, plan.systems, [plan.stack])
    for key, count in {
        "instances": sum(len(function.hosts) for system in plan.systems for function in system.functions.values()),
        "networks": len(plan.segments) + len(plan.links) + (plan.uplink is not None),
        "routers": len(plan.routers),
        "floating_addresses": sum(group.floating_address for group in plan.host_groups),
        "security_groups": len(plan.host_groups),
    }.items():
        assert sum(need[key] for need in told.values()) == count, key


def test_the_addresses_that_are_told_are_those_that_are_taken(onboarded: Onboarding) -> None:
    made = onboarded("system")
    assert "360400/dedicated 10.6.0.0/18: 新占 takes /28 × 1" in made.done.output
    before, after = (parse_ledger(one["addresses.csv"].decode(), "-")[0] for one in (made.before, made.after))
    taken = [entry for entry in after.entries if (entry.version, entry.key) not in before.by_key]
    segment = [(entry.key, entry.prefix) for entry in taken if entry.key.count("/") == 2]
    assert segment == [("360400/dedicated/demo", 28), ("360400/dedicated/demo", 64)]


def test_a_write_that_fails_leaves_everything_as_it_was(facts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(facts)
    real, count = Path.replace, iter(range(100))

    def fail_second(self: Path, target: Path) -> Path:
        if next(count) == 1:
            raise OSError("disk full")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail_second)
    assert isinstance(run(facts, *SYSTEM).exception, OSError)
    assert files(facts) == before


REFUSED = {
    "code that is no city": ("new", "city", "360423", "--name", "x", "--like", "lab"),
    "city that has a stack": ("new", "city", "360400", "--name", "x", "--like", "lab"),
    "template that is not there": ("new", "city", "360500", "--name", "x", "--like", "nowhere"),
    "name that leaves the folder": ("new", "site", "../x", *SITE[3:]),
    "owner that is not there": (
        "new",
        "system",
        "demo",
        "--title",
        "x",
        "--owner",
        "no",
        "--level",
        "2",
        "--source",
        "y",
    ),
    "division that is not there": ("new", "department", "x", "--title", "某局", "--division", "369999"),
    "host that is taken": ("new", "site", "x", *SITE[3:6], "portal.jiujiang.test", *SITE[7:]),
    "county without that zone": ("new", "system", "x", *SYSTEM[3:6], "wuning-office", *SYSTEM[7:-2]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_faulty_request_writes_nothing(case: str, facts: Path) -> None:
    before = files(facts)
    refused = run(facts, *REFUSED[case])
    assert isinstance(refused.exception, FactsError), refused.output
    assert files(facts) == before


@pytest.mark.parametrize("title", ["某局: a", "# 局", "局, {x}", "- 局", "'局'", "no", "2026", "局 #1"])
def test_a_title_is_read_back_as_it_was_given(title: str, facts: Path) -> None:
    assert run(facts, *BODY[:4], title, *BODY[5:]).exception is None
    assert load(facts).departments["demo-office"].title == title


shapes = st.lists(st.lists(st.integers(0, 6), max_size=5), min_size=2, max_size=6)


@settings(max_examples=8)
@given(shapes)
def test_any_province_is_onboarded_the_same(tmp_path_factory: pytest.TempPathFactory, shape: list[list[int]]) -> None:
    """Codes, departments and systems that nobody has seen: a second city, a department and a system of its own."""
    facts = tmp_path_factory.mktemp("elsewhere") / "facts"
    shutil.copytree(ROOT / "tests" / "lab" / "province", facts)
    (facts / "addresses.csv").unlink()
    for path in facts.rglob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("460100", "990100"), encoding="utf-8")
    rows = [",".join((d.code, d.name, d.level, d.parent)) for d in province(shape).by_code.values()]
    (facts / "divisions.csv").write_text("\n".join(["code,name,level,parent", *rows]), encoding="utf-8")
    assign(facts)
    for words in (
        ("new", "city", "990200", "--name", "second", "--like", "small"),
        ("new", "department", "second-water", "--title", "水利局", "--division", "990200"),
        ("new", "system", "water", "--title", "水情", "--owner", "second-water", "--level", "2", "--source", "规划"),
    ):
        done = run(facts, *words)
        assert done.exception is None, done.exception
    world = load(facts)
    assert {host.name for g in build_plan(world, "second").host_groups for host in g.hosts} == {
        "second-desk-1",
        "second-records-1",
    }
    assert world.ledger.block("990200/dedicated/water").subnet_of(world.ledger.block("990200"))
