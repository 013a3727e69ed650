"""Nothing that holds data, and never more than a few resources, goes unless the operator named just that."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.destruction import WORD, doomed, refuse_destruction
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.problems import FactsError
from infra.state import FORESEEING, StateError, foreseen

PLAN = build_plan(load(Path(__file__).resolve().parents[2] / "stacks"), "lab")
PORT, SERVER = "openstack:networking/port:Port", "openstack:compute/instance:Instance"


def declared(*names: str) -> set[tuple[str, str]]:
    return {(kind, name) for kind in (PORT, SERVER) for name in names}


def resource(kind: str, name: str, data: str = "false") -> dict[str, Any]:
    urn = f"urn:pulumi:lab::ganyun::ganyun:infra:Host${kind}::{name}"
    return {"urn": urn, "type": kind, "outputs": {"metadata": {"holds_data": data}}}


def step(op: str, old: dict[str, Any], *reasons: str) -> dict[str, Any]:
    """As `pulumi preview --json` has it."""
    return {"op": op, "urn": old["urn"], "oldState": old, "newState": old, "replaceReasons": list(reasons)}


def ports(op: str, count: int) -> list[dict[str, Any]]:
    return [step(op, resource(PORT, f"port-{number}")) for number in range(count)]


def refuse(steps: list[dict[str, Any]], word: str = "") -> None:
    refuse_destruction(PLAN, steps, {WORD: word})


def test_what_the_program_declares_is_not_doomed() -> None:
    grouping = {"urn": "u::p::ganyun:infra:Host::c", "type": "ganyun:infra:Host"}
    resources = [resource(PORT, "a"), resource(PORT, "b"), grouping]
    assert [one["urn"][-1] for one in doomed(resources, declared("a"))] == ["b"]


@pytest.mark.parametrize("op", ["delete", "replace"])
def test_a_few_resources_go_without_a_word(op: str) -> None:
    refuse(ports(op, PLAN.stack.most_deletions))


@pytest.mark.parametrize("op", ["delete", "replace"])
def test_one_more_is_refused_and_told_with_its_word(op: str) -> None:
    count = PLAN.stack.most_deletions + 1
    with pytest.raises(FactsError, match=f"{WORD}='lab {count}'"):
        refuse(ports(op, count))
    refuse(ports(op, count), f"lab {count}")


def test_what_is_deleted_and_what_is_replaced_is_counted_together() -> None:
    most = PLAN.stack.most_deletions
    with pytest.raises(FactsError, match=f"{WORD}='lab {most + 1}'"):
        refuse([*ports("delete", most), step("replace", resource(SERVER, "web-1"))])


def test_what_is_made_changed_or_only_a_grouping_does_not_count() -> None:
    made = {"op": "create", "urn": "u::p::t::n", "newState": {"type": PORT}}
    provider = resource("pulumi:providers:openstack", "cloud")
    refuse([made] * 9 + ports("update", 9) + ports("same", 9) + [step("replace", provider)] * 9)


@pytest.mark.parametrize("word", ["lab", "yes", "lab 5", "lab 7", "elsewhere 6"])
def test_a_word_for_something_else_opens_nothing(word: str) -> None:
    with pytest.raises(FactsError):
        refuse(ports("delete", 6), word)


@pytest.mark.parametrize("op", ["delete", "replace"])
def test_a_single_server_with_data_needs_its_name(op: str) -> None:
    server = [step(op, resource(SERVER, "db-1", "true"))]
    for word in ("", "lab 1"):
        with pytest.raises(FactsError, match="db-1"):
            refuse(server, word)
    refuse(server, "lab 1 db-1")


def test_each_resource_is_told_with_what_forces_its_replacement() -> None:
    web, database = resource(SERVER, "web-1"), resource(SERVER, "db-1", "true")
    steps = [step("delete", web), step("replace", database, "tenantId"), step("replace", resource(PORT, "db-1"))]
    with pytest.raises(FactsError) as told:
        refuse(steps)
    for words in ("web-1 (删除 deleted)", "db-1 (替换 replaced: tenantId)", "with what it depends on"):
        assert words in str(told.value)


def test_an_empty_stack_destroys_nothing() -> None:
    refuse([])


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that says what the test writes, and ends as it writes."""
    program = tmp_path / "pulumi"
    program.write_text(f'#!/bin/sh\nprintenv {FORESEEING} > "$0.asked"\ncat "$0.said"\nexit $(cat "$0.code")\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return program


def says(program: Path, told: dict[str, Any], code: int) -> None:
    program.with_suffix(".said").write_text(json.dumps(told), encoding="utf-8")
    program.with_suffix(".code").write_text(str(code), encoding="utf-8")


def test_what_is_foreseen_is_a_previews_steps_and_that_preview_asks_for_no_other(pulumi: Path) -> None:
    says(pulumi, {"steps": ports("replace", 2)}, 0)
    assert foreseen("lab") == ports("replace", 2)
    assert pulumi.with_suffix(".asked").read_text(encoding="utf-8").strip()


def test_a_preview_that_fails_foresees_nothing_and_says_why(pulumi: Path) -> None:
    said = [{"severity": "info", "message": "begins"}, {"severity": "error", "message": "db-1 is protected\n"}]
    says(pulumi, {"steps": [], "diagnostics": said}, 1)
    with pytest.raises(StateError, match=r"^db-1 is protected$"):
        foreseen("lab")
