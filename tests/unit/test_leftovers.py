"""What an interrupted run left is told from what people use."""

from dataclasses import dataclass, field
from typing import Any

from openstack.exceptions import ForbiddenException

from infra.leftovers import Leftover, find_leftovers, half_made


@dataclass
class Thing:
    """As the network API lists things."""

    id: str
    name: str = ""
    project_id: str = "project"
    device_id: str = ""
    port_id: str | None = None
    floating_ip_address: str = "198.51.100.9"
    fixed_ips: list[dict[str, str]] = field(default_factory=lambda: [{"ip_address": "10.0.0.1"}])


class Network:
    """A network API with a few things in it."""

    def __init__(self, **things: list[Thing]) -> None:
        self.things = things
        self.gone: list[str] = []

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith(("delete_", "remove_")):
            return lambda thing, **_: self.gone.append(thing.id)
        return lambda **wanted: [
            one for one in self.things.get(verb, []) if all(getattr(one, k, v) == v for k, v in wanted.items())
        ]


def names(network: Network, known: set[str]) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in find_leftovers(network, known, {"project"}, {"web-1", "website-shared"})]


def test_an_unknown_port_with_a_planned_name_goes() -> None:
    assert names(Network(ports=[Thing("p", "web-1")]), set()) == [("port", "web-1")]


def test_what_the_state_knows_stays() -> None:
    assert names(Network(ports=[Thing("p", "web-1")], networks=[Thing("n", "website-shared")]), {"p", "n"}) == []


def test_what_people_made_by_hand_stays() -> None:
    assert names(Network(ports=[Thing("p", "by-hand")], networks=[Thing("n", "by-hand")]), set()) == []


def test_what_is_in_use_stays() -> None:
    assert names(Network(ports=[Thing("p", "web-1", device_id="server")]), set()) == []


def test_other_projects_stay_and_so_does_everything_when_the_state_is_empty() -> None:
    network = Network(ports=[Thing("p", "web-1", project_id="other")])
    assert names(network, set()) == []
    assert list(find_leftovers(Network(ports=[Thing("p", "web-1")]), set(), set(), {"web-1"})) == []


def test_what_a_stack_below_laid_behind_its_router_stays() -> None:
    """An admin sees it: the router is in the state, the interface is not."""
    ports = [Thing("i", device_id="edge")]
    network = Network(routers=[Thing("edge", "edge", project_id="below")], ports=ports)
    assert names(network, {"edge"}) == []


def test_removing_calls_the_api_for_that_thing_alone() -> None:
    network = Network(ports=[Thing("p", "web-1"), Thing("q", "by-hand")], networks=[Thing("n", "website-shared")])
    for leftover in find_leftovers(network, set(), {"project"}, {"web-1", "website-shared"}):
        leftover.go()
    assert network.gone == ["p", "n"]


def test_what_is_only_lent_to_a_project_is_left_to_its_owners() -> None:
    def refuse() -> None:
        raise ForbiddenException

    Leftover("subnet", "website-shared", refuse).go()


def test_half_made_resources_are_named() -> None:
    resources = [{"urn": "a::b::rule", "initErrors": ["outage"]}, {"urn": "a::b::port", "initErrors": []}]
    assert half_made(resources) == ["rule"]
