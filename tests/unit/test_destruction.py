"""Nothing that holds data, and never more than a few resources, goes unless the operator named just that."""

from pathlib import Path
from typing import Any

import pytest

from infra.destruction import WORD, doomed, refuse_destruction
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.problems import FactsError

PLAN = build_plan(load(Path(__file__).resolve().parents[2] / "stacks"), "lab")
PORT, SERVER = "openstack:networking/port:Port", "openstack:compute/instance:Instance"


def declared(*names: str) -> set[tuple[str, str]]:
    return {(kind, name) for kind in (PORT, SERVER) for name in names}


def resource(kind: str, name: str, data: str = "false") -> dict[str, Any]:
    urn = f"urn:pulumi:lab::ganyun::ganyun:infra:Host${kind}::{name}"
    return {"urn": urn, "type": kind, "outputs": {"metadata": {"holds_data": data}}}


def ports(count: int) -> list[dict[str, Any]]:
    return [resource(PORT, f"port-{number}") for number in range(count)]


def refuse(resources: list[dict[str, Any]], word: str = "") -> None:
    refuse_destruction(PLAN, resources, declared(), {WORD: word})


def test_what_the_program_declares_is_not_doomed() -> None:
    grouping = {"urn": "u::p::ganyun:infra:Host::c", "type": "ganyun:infra:Host"}
    resources = [resource(PORT, "a"), resource(PORT, "b"), grouping]
    assert [one["urn"][-1] for one in doomed(resources, declared("a"))] == ["b"]


def test_a_few_resources_go_without_a_word() -> None:
    refuse(ports(PLAN.stack.most_deletions))


def test_one_more_is_refused_and_told_with_its_word() -> None:
    count = PLAN.stack.most_deletions + 1
    with pytest.raises(FactsError, match=f"{WORD}='lab {count}'"):
        refuse(ports(count))
    refuse(ports(count), f"lab {count}")


@pytest.mark.parametrize("word", ["lab", "yes", "lab 5", "lab 7", "elsewhere 6"])
def test_a_word_for_something_else_opens_nothing(word: str) -> None:
    with pytest.raises(FactsError):
        refuse(ports(6), word)


def test_a_single_server_with_data_needs_its_name() -> None:
    server = [resource(SERVER, "db-1", "true")]
    for word in ("", "lab 1"):
        with pytest.raises(FactsError, match="db-1"):
            refuse(server, word)
    refuse(server, "lab 1 db-1")


def test_an_empty_stack_destroys_nothing() -> None:
    refuse([])
