"""The host's own firewall lets pass each flow in the family of its peer, and what IPv6 can't do without."""

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

ROLE = Path(__file__).resolve().parents[2] / "roles" / "mlps_intrusion"
ENVIRONMENT = jinja2.Environment(  # noqa: S701 (as Ansible sets it; what comes out is no page)
    loader=jinja2.FileSystemLoader(ROLE / "templates"), trim_blocks=True, undefined=jinja2.StrictUndefined
)
BLOCKS = st.one_of(
    st.integers(0, 2**24 - 1).map(lambda number: str(IPv4Network((number << 8, 24)))),
    st.integers(0, 2**64 - 1).map(lambda number: str(IPv6Network((number << 64, 64)))),
)
WAYS: st.SearchStrategy[tuple[str, list[int]]] = st.one_of(
    st.tuples(st.sampled_from(("tcp", "udp")), st.lists(st.integers(1024, 65535), min_size=1, unique=True)),
    st.tuples(st.sampled_from(("icmp", "vrrp")), st.just([])),
)


def chains(terminals: list[str], incoming: list[dict[str, Any]], outgoing: list[dict[str, Any]]) -> dict[str, str]:
    text = ENVIRONMENT.get_template("firewall.nft.j2").render(
        mlps_intrusion_terminals=terminals, mlps_intrusion_flows_in=incoming, mlps_intrusion_flows_out=outgoing
    )
    return dict(re.findall(r"chain (\w+) \{(.*?)\n    \}", text, re.DOTALL))


def expected(block: str, field: str, protocol: str, ports: list[int]) -> str:
    six = ":" in block
    if ports:
        way = f"{protocol} dport {{ {', '.join(map(str, ports))} }} ct state new"
    else:
        way = "meta l4proto " + {"vrrp": "112", "icmp": "ipv6-icmp" if six else "icmp"}[protocol]
    return f"{'ip6' if six else 'ip'} {field} {block} {way} counter accept"


@given(st.lists(st.tuples(BLOCKS, WAYS), max_size=6), st.lists(BLOCKS, min_size=1, max_size=3))
def test_each_flow_is_one_rule_of_its_own_family(flows: list[tuple[str, Any]], terminals: list[str]) -> None:
    incoming = [{"from": block, "protocol": protocol, "ports": ports} for block, (protocol, ports) in flows]
    outgoing = [{"to": block, "protocol": protocol, "ports": ports} for block, (protocol, ports) in flows]
    found = chains(terminals, incoming, outgoing)
    for chain, field in (("input", "saddr"), ("output", "daddr")):
        told = [line.strip() for line in found[chain].splitlines() if line.endswith("counter accept")]
        wanted = [expected(block, field, *way) for block, way in flows]
        if chain == "input":
            wanted = [expected(one, field, "tcp", [22]).replace("{ 22 }", "22") for one in terminals] + wanted
        assert told == wanted


@pytest.mark.parametrize(
    ("chain", "line"),
    [
        ("input", "ip6 saddr fe80::/10 icmpv6 type { nd-router-advert, mld-listener-query } accept"),
        ("input", "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept"),
        ("output", "ip6 daddr ff02::1:2 udp sport 546 udp dport 547 accept"),
    ],
)
def test_router_and_address_are_learned_from_the_own_link_alone(chain: str, line: str) -> None:
    assert line in [one.strip() for one in chains(["10.0.0.1"], [], [])[chain].splitlines()]


def test_messages_that_rfc_4890_forbids_to_drop_pass() -> None:
    found = chains(["10.0.0.1"], [], [])
    for word in ("destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem"):
        assert re.search(rf"icmpv6 type \{{[^}}]*\b{word}\b", found["input"])
    for chain in ("input", "output"):
        for word in ("nd-neighbor-solicit", "nd-neighbor-advert"):
            assert re.search(rf"icmpv6 type \{{[^}}]*\b{word}\b", found[chain])
    assert re.search(r"icmpv6 type \{[^}]*\bnd-router-solicit\b", found["output"])
    assert "echo" not in found["input"]
