"""Faults of stacks, and between them: each told with file, line and key, whichever file the key stands in."""

from pathlib import Path

import pytest

from tests.unit.plan.conftest import Problems, Spoil

FAULTS: dict[str, tuple[str, str, str, str, str]] = {
    "uplink to a stack that is not there": (
        "defaults/city.yaml",
        "stack: province, router: exit",
        "stack: nowhere, router: exit",
        "uplink.stack",
        "nowhere",
    ),
    "uplink to a router that is not there": (
        "recovery.yaml",
        "router: core",
        "router: spine",
        "uplink.router",
        "unknown: spine",
    ),
    "uplink through a router that is not there": (
        "recovery.yaml",
        "through: recovery",
        "through: spine",
        "uplink.through",
        "unknown: spine",
    ),
    "uplink in a circle": (
        "province.yaml",
        "links: [[exit, core]]",
        "links: [[exit, core]]\nuplink: {stack: recovery, router: recovery, through: core}",
        "uplink.stack",
        "circle: province → recovery → province",
    ),
    "uplink to itself": ("recovery.yaml", "stack: province", "stack: recovery", "uplink.stack", "circle"),
    "uplink to another cloud": (
        "recovery.yaml",
        "extends: province",
        "extends: province\ncloud: elsewhere",
        "uplink.stack",
        "of one cloud",
    ),
    "uplink downwards": (
        "recovery.yaml",
        "stack: province, router: core",
        "stack: nanchang, router: edge",
        "uplink.stack",
        "nor above it",
    ),
    "system of another city": (
        "nanchang.yaml",
        "division: 360100",
        "division: 360100\nsystems: [$systems:exchange]",
        "systems.0",
        "360100",
    ),
    "zone of another city": (
        "recovery.yaml",
        "zones: [recovery]",
        "zones: [recovery, 360100/shared]",
        "routers.recovery.zones.1",
        "nanchang",
    ),
    "zone of a city that is neither above nor below": (
        "nanchang.yaml",
        "division: 360100",
        "division: 360100\nrouters: {edge: {owner: $departments:city-office, zones: [public, 360200/public]}}",
        "routers.edge.zones.1",
        "neither in nor above",
    ),
    "system that two stacks build": (
        "recovery.yaml",
        "  - $systems:recovery",
        "  - $systems:recovery\n  - $systems:macro-economy",
        "systems.1",
        "builds system macro-economy",
    ),
    "zone that two stacks join": (
        "recovery.yaml",
        "zones: [recovery]",
        "zones: [recovery, shared]",
        "routers.recovery.zones.1",
        "already on a router",
    ),
    "domain that two stacks make": (
        "recovery.yaml",
        "uplink: {stack: province, router: core, through: recovery}",
        "",
        "division",
        "makes domain province-360000",
    ),
    "second exit of the cloud": (
        "recovery.yaml",
        "zones: [recovery]",
        "zones: [recovery]\n    exit: true",
        "routers.recovery.exit",
        "second",
    ),
    "uplink to a stack that has one": (
        "recovery.yaml",
        "uplink: {stack: province, router: core, through: recovery}",
        "uplink: {stack: jiujiang, router: core, through: recovery}",
        "uplink.stack",
        "only the cloud's admin",
    ),
    "floating address without exit and uplink": (
        "defaults/city.yaml",
        "uplink: {stack: province, router: exit, through: edge}\n",
        "",
        "functions.bastion.floating_address",
        "no floating address",
    ),
    "shared settings that are not there": (
        "nanchang.yaml",
        "extends: city",
        "extends: town",
        "extends",
        "city, province",
    ),
    "shared settings of no name": ("nanchang.yaml", "extends: city", "extends: [city]", "extends", "no such"),
    "shared settings that extend": (
        "defaults/city.yaml",
        "cloud: province",
        "extends: x\ncloud: province",
        "extends",
        "own",
    ),
    "unknown key of shared settings": ("defaults/city.yaml", "mirror: {", "miror: {", "miror", "did you mean mirror"),
    "faulty value of shared settings": (
        "defaults/city.yaml",
        "routers: 2",
        "routers: -4",
        "quotas.default.routers",
        "-4",
    ),
    "shared settings that are no YAML": ("defaults/city.yaml", "links: [[", "links: [", "-", "not valid YAML"),
    "required key that neither has": ("nanchang.yaml", "title: 南昌市政务云\n", "", "title", "required and missing"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_a_stack_is_told_in_its_own_file(case: str, spoil: Spoil, problems: Problems, facts: Path) -> None:
    file, old, new, key, word = FAULTS[case]
    spoil(file, old, new)
    found = problems()
    told = [problem for problem in found if problem.key == key and word in problem.text]
    assert told, "\n".join(map(str, found))
    files = {f"stacks/{file}"} if not key.startswith("functions") else {"stacks/systems/operations.yaml"}
    files |= {"stacks/recovery.yaml", "stacks/province.yaml"} if "two" in case or "circle" in case else set()
    assert {problem.file for problem in told} <= files
    lines = (facts / told[0].file.partition("/")[2]).read_text(encoding="utf-8").splitlines()
    if "." not in key and word not in ("required and missing", "not valid YAML"):
        assert lines[told[0].line - 1].startswith(f"{key}:")


def test_a_fault_of_shared_settings_is_told_once(spoil: Spoil, problems: Problems) -> None:
    spoil("defaults/city.yaml", "routers: 2", "routers: many")
    assert [(p.file, p.key) for p in problems()] == [("stacks/defaults/city.yaml", "quotas.default.routers")]


def test_faults_of_many_stacks_are_told_together(spoil: Spoil, problems: Problems) -> None:
    spoil("defaults/city.yaml", "router: exit", "router: way-out")
    spoil("recovery.yaml", "through: recovery", "through: spine")
    spoil("nanchang.yaml", "division: 360100", "division: 360199")
    told = {(problem.file, problem.key) for problem in problems()}
    assert told >= {
        ("stacks/defaults/city.yaml", "uplink.router"),
        ("stacks/recovery.yaml", "uplink.through"),
        ("stacks/nanchang.yaml", "division"),
    }
