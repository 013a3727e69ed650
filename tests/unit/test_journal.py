"""What a killed run made is known to the next one, and what belongs to a run that ended is never taken for that."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_openstack import networking

from infra.journal import Journal, Made
from tests.unit.test_components import Recorder

NETWORK, GROUP = "openstack:networking/network:Network", "openstack:networking/secGroup:SecGroup"
NEVER, EARLIER, LATER = "0001-01-01T00:00:00Z", "2026-11-27T08:00:00.123456789+08:00", "2026-11-27T09:00:00+08:00"

SAVED_EARLIER = {"kind": "update", "startTime": "2026-11-26T23:59:00Z", "endTime": "2026-11-27T00:00:00Z"}


def state(saved: str, *known: Made) -> dict[str, Any]:
    """As `pulumi stack export` has it; a component has no id."""
    component = {"type": "ganyun:infra:Segment", "urn": "u"}
    return {"manifest": {"time": saved}, "resources": [component, *({"type": k, "id": i} for k, i in known)]}


def update(kind: str = "update", after: float = 60, before: float = 60) -> dict[str, Any]:
    """An entry of the history that spans this moment."""
    start, end = (datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (-before, after))
    return {"kind": kind, "startTime": start.isoformat(), "endTime": end.isoformat()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Pulumi's mocks are in force meanwhile."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(Recorder(), project="ganyun", stack="lab")
    return tmp_path


def journal(path: Path, deployment: dict[str, Any]) -> Journal:
    found = Journal.beside(f"file://{path}", "lab", deployment)
    assert found
    return found


def make(path: Path, deployment: dict[str, Any]) -> None:
    """A run that declares a component, a network and a group; mocks give them the ids n-id and g-id."""

    async def program() -> None:
        made = {
            ("ganyun:infra:Segment", "s"): pulumi.ComponentResource("ganyun:infra:Segment", "s"),
            (NETWORK, "n"): networking.Network("n"),
            (GROUP, "g"): networking.SecGroup("g"),
        }
        await journal(path, deployment).keep(made)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]


def lost(path: Path, deployment: dict[str, Any], *history: dict[str, Any]) -> list[Made] | None:
    found = journal(path, deployment).killed(history)
    return sorted(found.made) if found else None


def test_what_a_killed_run_made_is_lost_and_found(path: Path) -> None:
    make(path, state(NEVER))
    assert lost(path, state(NEVER)) == [Made(NETWORK, "n-id"), Made(GROUP, "g-id")]


def test_the_newest_comes_first(path: Path) -> None:
    async def program() -> None:
        network = networking.Network("n")
        group = networking.SecGroup("g", name=network.id)
        await journal(path, state(NEVER)).keep({(GROUP, "g"): group, (NETWORK, "n"): network})

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    found = journal(path, state(NEVER)).killed([])
    assert found
    assert found.made == [Made(GROUP, "g-id"), Made(NETWORK, "n-id")]


def test_what_the_state_knew_before_or_has_learned_since_is_not_lost(path: Path) -> None:
    make(path, state(EARLIER, Made(NETWORK, "n-id")))
    assert lost(path, state(EARLIER, Made(NETWORK, "n-id"))) == [Made(GROUP, "g-id")]
    assert lost(path, state(LATER, Made(NETWORK, "n-id"), Made(GROUP, "g-id")), SAVED_EARLIER) == []


def test_a_run_that_changes_nothing_notes_nothing(path: Path) -> None:
    known = state(EARLIER, Made(NETWORK, "n-id"), Made(GROUP, "g-id"))
    make(path, known)
    assert not journal(path, known).left


def test_a_run_that_ended_has_saved_its_state_and_its_notes_are_forgotten(path: Path) -> None:
    make(path, state(NEVER))
    assert lost(path, state(LATER), update(after=-0.5)) is None
    assert not journal(path, state(LATER)).left


@pytest.mark.parametrize("other", [{"kind": "refresh"}, {"kind": "destroy"}, {"before": -5}, {"after": -5}])
def test_other_runs_before_or_since_say_nothing_about_it(path: Path, other: dict[str, Any]) -> None:
    make(path, state(EARLIER))
    assert lost(path, state(LATER), SAVED_EARLIER, update(**other)) == [Made(NETWORK, "n-id"), Made(GROUP, "g-id")]


def test_the_notes_of_a_state_that_no_run_of_this_stack_saved_are_forgotten(path: Path) -> None:
    """A stack removed by force and made anew by that name: what the former one built stands, and isn't this one's."""
    make(path, state(EARLIER))
    assert lost(path, state(LATER)) is None
    assert not journal(path, state(LATER)).left


def test_the_notes_of_a_state_newer_than_this_one_are_forgotten(path: Path) -> None:
    """An older state was brought back: what the notes tell of was made from another."""
    make(path, state(EARLIER))
    assert lost(path, state(NEVER)) is None
    assert not journal(path, state(NEVER)).left


def test_each_run_begins_its_own_notes(path: Path) -> None:
    make(path, state(EARLIER))
    make(path, state(LATER, Made(NETWORK, "n-id")))
    assert lost(path, state(LATER)) == [Made(GROUP, "g-id")]


@pytest.mark.parametrize("backend", ["s3://bucket", "https://api.pulumi.com", ""])
def test_only_a_file_backend_has_room_for_notes(backend: str) -> None:
    assert Journal.beside(backend, "lab", state(NEVER)) is None
