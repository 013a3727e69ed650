"""The routers of the extranet, on the real province and on ones that nobody has seen."""

from collections import Counter
from dataclasses import replace
from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.extranet.checks import check
from infra.extranet.model import Filter, Node, Session, Table
from infra.extranet.plan import Extranet
from infra.extranet.planes import DEFAULT, SHARED
from infra.extranet.render import render
from infra.extranet.space import Space
from infra.plan.divisions import Division, Divisions
from infra.plan.ledger import Entry, Ledger
from tests.unit.extranet.provinces import SMALL, invented, real, routed
from tests.unit.plan.test_addresses import planned, province

shapes = st.lists(st.lists(st.integers(0, 20), max_size=4), min_size=1, max_size=3)
quick = settings(max_examples=20)


def sessions(nodes: tuple[Node, ...]) -> dict[tuple[str, str], tuple[Node, Table, Session]]:
    return {
        (node.name, session.interface): (node, table, session)
        for node in nodes
        for table in node.tables
        for session in table.sessions
    }


def filters(node: Node) -> dict[str, Filter]:
    return {one.name: one for one in node.filters}


def counterparts(extranet: Extranet) -> None:
    """Each session has one at the other end of its wire, that knows its AS and lets through what it announces."""
    by_end = sessions(extranet.nodes)
    wired = Counter(end for link in extranet.links for end in link.ends)
    assert set(wired.values()) <= {1}
    for link in extranet.links:
        for here, there in (link.ends, link.ends[::-1]):
            node, table, session = by_end[here]
            peer, other, _ = by_end[there]
            assert table.plane == other.plane == link.plane
            assert session.remote_as in (None, peer.asn)
            group = next(group for group in other.groups if group.name == by_end[there][2].group)
            announced = filters(peer)[group.announce].permits
            accepted = filters(node)[table.accepts(session)].permits
            assert all(
                any(may.block.version == one.block.version and one.block.subnet_of(may.block) for may in accepted)  # type: ignore[arg-type]
                for one in announced
            )
    unwired = by_end.keys() - wired.keys()
    assert all(by_end[end][2].remote_as is None for end in unwired)  # slots that nobody has taken


def test_every_session_of_the_province_has_its_counterpart() -> None:
    _, extranet = real()
    counterparts(extranet)


@quick
@given(shapes)
def test_every_session_of_any_province_has_its_counterpart(shape: list[list[int]]) -> None:
    _, extranet = invented(shape)
    counterparts(extranet)


def test_each_division_has_its_router_and_the_province_two_and_an_exit() -> None:
    space, extranet = real()
    roles = Counter(node.role for node in extranet.nodes)
    levels = Counter(division.level for division in space.divisions)
    assert roles == {**{level: levels[level] for level in ("city", "county", "township")}, "core": 2, "exit": 1}


def confined(space: Space, extranet: Extranet) -> None:
    """What is let in from a child is its own, and nobody else's."""
    owners = {
        (name, port): link.ends[1 - side][0] for link in extranet.links for side, (name, port) in enumerate(link.ends)
    }
    for (name, port), (node, table, session) in sessions(extranet.nodes).items():
        if session.group not in ("below", "leaves"):
            continue
        permits = filters(node)[table.accepts(session)].permits
        child = owners.get((name, port))
        if child is None:
            continue
        if table.plane == SHARED.name:
            assert {permit.block for permit in permits} == set(space.blocks[child])
        for permit in permits:
            others = [
                block
                for one in space.children[node.division]
                if one.code != child
                for block in space.blocks[one.code]
                if block.version == permit.block.version
            ]
            assert not any(permit.block.overlaps(block) for block in others)
            assert permit.longest <= space.bound(4 if permit.block.version == 4 else 6)


def test_a_division_of_the_province_announces_its_own_blocks_alone() -> None:
    confined(*real())


@quick
@given(shapes)
def test_a_division_of_any_province_announces_its_own_blocks_alone(shape: list[list[int]]) -> None:
    confined(*invented(shape))


def test_a_port_without_a_township_lets_in_nobody_elses_block() -> None:
    space, extranet = real()
    for node in extranet.nodes:
        taken = {block: child.code for child in space.children[node.division] for block in space.blocks[child.code]}
        wired = {end for link in extranet.links for end in link.ends}
        for table in node.tables:
            for session in table.sessions:
                if session.group == "leaves" and (node.name, session.interface) not in wired:
                    assert not taken.keys() & {p.block for p in filters(node)[session.interface].permits}


def test_the_default_route_comes_from_the_exit_alone() -> None:
    _, extranet = real()
    for node in extranet.nodes:
        for table in node.tables:
            assert not set(DEFAULT) & {*table.networks, *table.discards} or node.role == "exit"
            for session in table.sessions:
                accepted = {permit.block for permit in filters(node)[table.accepts(session)].permits}
                if set(DEFAULT) & accepted:
                    assert table.plane == "internet"
                    assert session.group in ("above", "mates", "border")


def test_no_line_of_any_configuration_names_a_default_route_but_in_the_plane_of_the_internet() -> None:
    _, extranet = real()
    for name, text in render(extranet.nodes).items():
        lines = [line for line in text.splitlines() if " 0.0.0.0/0" in line or " ::/0" in line]
        if "exit" not in name:
            assert all("prefix-list" in line and ("internet" in line or " exit " in line) for line in lines)


def test_a_session_filters_both_ways_in_both_families_and_bounds_how_much_it_takes() -> None:
    _, extranet = real()
    for node in extranet.nodes:
        known = filters(node).keys()
        for table in node.tables:
            groups = {group.name: group for group in table.groups}
            for session in table.sessions:
                group = groups[session.group]
                assert table.accepts(session) in known
                assert group.announce in known
                assert group.most > 0


def test_numbers_and_addresses_of_routers_are_their_own() -> None:
    _, extranet = real()
    assert all(4_200_000_000 <= node.asn <= 4_294_967_294 for node in extranet.nodes)
    one_each = [node for node in extranet.nodes if node.role != "core"]
    assert len({node.asn for node in one_each}) == len(one_each)
    assert len({node.router_id for node in extranet.nodes}) == len(extranet.nodes)


def test_a_village_and_a_block_on_a_routers_address_are_told() -> None:
    space, _ = invented([[2]])
    village = Division("990101009001", "村", "township", "990101")
    tree = Divisions({**space.tree.by_code, village.code: village})
    last = ip_network(f"{space.blocks['990101'][0][-1]}/26", strict=False)
    ledger = planned(tree, Ledger.of([*space.ledger.entries, Entry.of(last, village.code)]))
    found = [problem.text for problem in check(*_nodes(tree, ledger), "a.csv", "d.csv")]
    assert any("AS number" in text for text in found)
    assert any("address of the router of 990101" in text for text in found)


def _nodes(tree: Divisions, ledger: Ledger) -> tuple[Space, tuple[Node, ...]]:
    space, extranet = routed(tree, ledger)
    return space, extranet.nodes


def test_another_province_works_the_same() -> None:
    _, extranet = real(SMALL)
    counterparts(extranet)
    assert {node.role for node in extranet.nodes} == {"core", "city", "county", "township"}  # it has no Internet zone


def changed(before: Extranet, after: Extranet) -> set[str]:
    """The files that differ: those of routers that are new, gone or told something else."""
    old, new = ({node.name: node for node in extranet.nodes} for extranet in (before, after))
    differing = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    texts = [render([nodes[name] for name in differing if name in nodes]) for nodes in (old, new)]
    return {name for name in texts[0].keys() | texts[1].keys() if texts[0].get(name) != texts[1].get(name)}


settled = st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=1, max_size=3).filter(
    lambda shape: any(map(any, shape))
)


@quick
@given(settled, st.data())
def test_a_change_to_a_township_changes_its_own_file_alone(shape: list[list[int]], data: st.DataObject) -> None:
    tree = province(shape)
    ledger = planned(tree)
    _, before = routed(tree, ledger)
    township = data.draw(st.sampled_from([one for one in tree.by_code.values() if one.level == "township"]))
    mine = {f"{township.code}.conf"}
    renamed = Divisions({**tree.by_code, township.code: replace(township, name="新名")})
    assert changed(before, routed(renamed, ledger)[1]) == mine
    gone = Divisions({code: one for code, one in tree.by_code.items() if code != township.code})
    assert changed(before, routed(gone, ledger)[1]) == mine
    added = Division(f"{township.parent}900", "新乡", "township", township.parent)
    grown = Divisions({**tree.by_code, added.code: added})
    assert changed(before, routed(grown, planned(grown, ledger))[1]) == {f"{added.code}.conf"}
