"""Leaving out covered rules changes nothing of what passes, and leaves no rule that another one covers."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from infra.plan.base import VERSIONS, Block, Version
from infra.plan.covered import needed
from infra.plan.plan import PlannedRule

# A world of eight addresses and one beyond them in each family, so that all that a rule permits can be listed.
PLACES = {4: (ip_network("10.0.0.0/29"), ip_address("192.0.2.1")), 6: (ip_network("fd00::/125"), ip_address("2001::1"))}
EVERYBODY = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
PORTS = (22, 80, 443)
GROUPS = ("web", "monitor")
Groups = dict[str, tuple[Block, ...]]
Packet = tuple[object, ...]


def blocks(version: Version) -> st.SearchStrategy[Block]:
    inside = PLACES[version][0]
    parts = [part for longer in range(4) for part in inside.subnets(longer)]
    return st.sampled_from([*parts, EVERYBODY[version]])


ADDRESS_GROUPS = st.fixed_dictionaries(
    {
        name: st.tuples(*(st.lists(blocks(version), min_size=1, max_size=3) for version in VERSIONS)).map(
            lambda both: (*both[0], *both[1])
        )
        for name in ("clients", "servers")
    }
)


@st.composite
def rules(draw: st.DrawFn) -> PlannedRule:
    version = draw(st.sampled_from(VERSIONS))
    side = draw(
        st.one_of(
            st.sampled_from([{"remote_group": name} for name in GROUPS]),
            blocks(version).map(lambda block: {"remote_block": block}),
            st.sampled_from([{"remote_address_group": name} for name in ("clients", "servers")]),
        )
    )
    fixed = {"name": "n", "why": "w", "version": version}
    protocol = draw(st.sampled_from(("tcp", "udp")))
    port = draw(st.sampled_from((None, *PORTS)))
    direction = draw(st.sampled_from(("ingress", "egress")))
    return PlannedRule.model_validate({**fixed, **side, "protocol": protocol, "port": port, "direction": direction})


def permitted(rule: PlannedRule, groups: Groups) -> set[Packet]:
    """Every packet that a rule lets pass: to or from each address, as a member of a group or of none."""
    inside, beyond = PLACES[rule.version]
    named = groups[rule.remote_address_group] if rule.remote_address_group else (rule.remote_block,)
    peers = (
        (address, member)
        for address, member in product((*inside, beyond), (*GROUPS, ""))
        if (member == rule.remote_group if rule.remote_group else any(block and address in block for block in named))
    )
    ports = PORTS if rule.port is None else (rule.port,)
    every_port = ("any other",) if rule.port is None else ()
    return {
        (rule.direction, rule.version, rule.protocol, port, *peer)
        for port, peer in product((*ports, *every_port), peers)
    }


@given(st.lists(rules(), max_size=8), ADDRESS_GROUPS)
def test_what_passes_is_the_same_without_the_covered_rules(all_rules: Sequence[PlannedRule], groups: Groups) -> None:
    def passes(some: Sequence[PlannedRule]) -> set[Packet]:
        return {packet for rule in some for packet in permitted(rule, groups)}

    assert passes(needed(all_rules, groups)) == passes(all_rules)


@given(st.lists(rules(), max_size=8), ADDRESS_GROUPS)
def test_no_rule_that_stays_is_covered_by_another(all_rules: Sequence[PlannedRule], groups: Groups) -> None:
    kept = needed(all_rules, groups)
    assert not [pair for pair in permutations(kept, 2) if permitted(pair[0], groups) <= permitted(pair[1], groups)]
