"""The twin's choice of a part of the extranet, and what its measurements say of a stream of echoes."""

import pytest

from lab.openstack.shell import LabError
from lab.twin.layout import choose
from lab.twin.measure import SENT, gap
from tests.unit.extranet.provinces import SMALL, real


def test_a_twin_has_the_province_a_city_all_its_counties_and_townships_of_each() -> None:
    space, extranet = real()
    layout = choose(extranet, space.tree, "360400", 26)
    counties = {one.code for one in space.children["360400"]}
    assert {node.name for node in layout.nodes if node.role == "county"} == counties
    townships = [node.division for node in layout.nodes if node.role == "township"]
    assert len(townships) == 26
    assert {code[:6] for code in townships} == counties
    assert {node.name for node in layout.nodes if node.role in ("core", "exit")} == {
        "360000-core-1",
        "360000-core-2",
        "360000-exit",
    }


def test_every_wire_and_host_is_in_a_namespace_of_the_twin() -> None:
    for facts, city in ((None, "360400"), (SMALL, "460100")):
        space, extranet = real(facts) if facts else real()
        layout = choose(extranet, space.tree, city, 5)
        known = set(layout.namespaces)
        assert len(known) == len(layout.namespaces)
        ends = [end for wire in layout.wires for end in wire] + [port for host in layout.hosts for port in host.ports]
        assert {space for space, _ in ends} <= known
        assert len(set(ends)) == len(ends)


def test_an_unknown_city_is_told_with_those_that_are_there() -> None:
    space, extranet = real()
    with pytest.raises(LabError, match="360400"):
        choose(extranet, space.tree, "990100", 5)


def test_an_outage_is_its_longest_gap() -> None:
    sent = {number: number * 0.02 for number in range(1, SENT + 1)}
    assert gap(sent).seconds == 0
    left = {number: moment for number, moment in sent.items() if not 100 <= number < 150 and number != 300}
    assert gap(left).seconds == pytest.approx(1.0)
    assert gap(left).lost == 51
    assert gap({number: moment for number, moment in sent.items() if number <= 400}).seconds == pytest.approx(8.0)
    assert gap({}).lost == SENT
