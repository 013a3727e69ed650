"""What a killed run made goes from the cloud, whatever of it holds the rest; what others made stays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import BadRequestException, ConflictException, ForbiddenException, NotFoundException

from infra import killed
from infra.journal import Killed, Made
from infra.killed import in_flight, make_up_for, remove
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.settings import ROOT
from infra.state import PROJECT, StateError
from tests.unit.test_leftovers import Network

NETWORK = "openstack:networking/network:Network"
BEGAN = datetime(2026, 11, 27, 8, tzinfo=UTC)
BEFORE, SINCE = "2026-11-27T07:59:59Z", "2026-11-27T08:00:01Z"


class Project:
    """A connection to one project, in which a removal ends as told."""

    def __init__(self, outcome: Exception | None) -> None:
        self.network = self
        self.outcome = outcome
        self.gone: list[str] = []

    def delete_network(self, key: str, **_: bool) -> None:
        if self.outcome:
            raise self.outcome
        self.gone.append(key)


@pytest.mark.parametrize("elsewhere", [NotFoundException(), ForbiddenException(), ConflictException()])
def test_a_thing_goes_from_the_project_that_may_remove_it(elsewhere: Exception) -> None:
    projects = [Project(elsewhere), Project(None)]
    assert remove([Made(NETWORK, "n")], projects) == []
    assert projects[1].gone == ["n"]


def test_what_is_nowhere_is_gone() -> None:
    assert remove([Made(NETWORK, "n")], [Project(NotFoundException())]) == []


@pytest.mark.parametrize("why", [ForbiddenException(), ConflictException(), BadRequestException()])
def test_what_is_still_held_is_told(why: Exception) -> None:
    assert remove([Made(NETWORK, "n")], [Project(NotFoundException()), Project(why)]) == [Made(NETWORK, "n")]


@dataclass
class Thing:
    """As the APIs list things."""

    id: str
    name: str = "db-1"
    project_id: str = "own"
    created_at: str = SINCE
    security_group_id: str = "group"
    object_id: str = "group"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(load(ROOT / "stacks"), "lab")


Found = Callable[..., list[str]]


@pytest.fixture
def found(plan: Plan) -> Found:
    """Kinds of what goes from a cloud that holds these, where the state knows a server, a group and a pair."""

    def look(**things: Any) -> list[str]:
        cloud: Any = SimpleNamespace(compute=Network(**things), network=Network(**things))
        return [one.kind for one in in_flight(cloud, BEGAN, plan, {"known", "group", "lab-host-web-1"}, {"own"})]

    return look


def test_a_server_that_the_run_had_begun_goes(found: Found) -> None:
    assert found(servers=[Thing("s")]) == ["server"]


@pytest.mark.parametrize(
    "kept",
    [
        Thing("known"),
        Thing("s", created_at=BEFORE),
        Thing("s", name="by-hand"),
        Thing("s", project_id="others"),
    ],
    ids=["known", "older", "by-hand", "others"],
)
def test_any_other_server_stays(found: Found, kept: Thing) -> None:
    assert found(servers=[kept]) == []


def test_rules_and_shares_of_what_the_state_knows_go_unless_they_are_older_or_known(found: Found) -> None:
    rules = [Thing("r"), Thing("q", created_at=BEFORE), Thing("known"), Thing("p", security_group_id="by-hand")]
    assert found(security_group_rules=rules) == ["rule"]
    assert found(rbac_policies=[Thing("r"), Thing("known"), Thing("p", object_id="by-hand")]) == ["share"]


def test_a_key_pair_goes_by_its_planned_name(found: Found) -> None:
    pairs = [Thing("p", name=name) for name in ("lab-host-db-1", "lab-host-web-1", "mine", "annex-host-db-1")]
    assert found(keypairs=pairs) == ["key pair"]


class Late(Network):
    """A network API in which a subnet comes into being only after the first look, as one that was asked for."""

    def __init__(self, holder: Exception | None) -> None:
        super().__init__()
        self.looks: Iterator[int] = iter(range(1000))
        self.holder = holder

    def subnets(self) -> list[Thing]:
        there = next(self.looks) and (self.holder or not self.gone)
        return [Thing("s", "approval-dedicated", "own")] if there else []

    def delete_network(self, *_: str, **__: bool) -> None:
        raise NotFoundException

    def delete_subnet(self, subnet: Thing) -> None:
        if self.holder:
            raise self.holder
        self.gone.append(subnet.id)


@pytest.fixture
def late(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], Late]:
    """Making up for a run of which one subnet comes late."""
    monkeypatch.setattr(killed, "PAUSE", 0)

    def run(holder: Exception | None) -> Late:
        network = Late(holder)
        cloud: Any = SimpleNamespace(compute=Network(), network=network)
        state = [{"type": PROJECT, "id": "own", "urn": "own", "outputs": {"name": "own", "isDomain": False}}]
        make_up_for(Killed(BEGAN, [Made(NETWORK, "n")]), plan, [cloud], state, None)
        return network

    return run


def test_what_comes_into_being_after_the_first_look_goes_too(late: Callable[[Exception | None], Late]) -> None:
    assert late(None).gone == ["s"]


def test_what_stays_held_is_an_error_that_names_it(late: Callable[[Exception | None], Late]) -> None:
    with pytest.raises(StateError, match="subnet approval-dedicated"):
        late(ConflictException())


def test_what_the_last_look_still_removed_is_not_told_as_held(
    late: Callable[[Exception | None], Late], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killed, "PASSES", 2)
    assert late(None).gone == ["s"]
