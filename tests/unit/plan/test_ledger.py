"""The ledger keeps what was allocated, and takes nothing for a block that is none."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.plan.ledger import Entry, parse_ledger, render_ledger
from tests.unit.plan.test_addresses import planned, province, quick, shapes

SPOILT = [
    "10.0.0.0/8 ",
    "10.0.0.0/+8",
    "10.0.0.0/８",
    "010.0.0.0/8",
    "10.0.0/8",
    "10.0.0.1/8",
    "fd00::1/64",
]


@quick
@given(shapes)
def test_it_survives_its_file(shape: list[list[int]]) -> None:
    entries = planned(province(shape)).entries
    read, problems = parse_ledger(render_ledger(entries), "a.csv")
    assert problems == ()
    assert set(read.entries) == set(entries)


def as_ipaddress_reads(cidr: str) -> Entry | str:
    try:
        return Entry.of(IPv6Network(cidr) if ":" in cidr else IPv4Network(cidr), "x")
    except ValueError as error:
        return str(error)


@given(st.ip_addresses(), st.integers(0, 130), st.booleans())
def test_a_row_is_read_as_ipaddress_reads_it(address: IPv4Address | IPv6Address, length: int, whole: bool) -> None:
    outside = max(0, address.max_prefixlen - length)
    first = type(address)(int(address) >> outside << outside)
    agree(f"{first if whole else address}/{length}")


@pytest.mark.parametrize("cidr", SPOILT)
def test_what_only_looks_like_a_block_is_refused(cidr: str) -> None:
    assert isinstance(as_ipaddress_reads(cidr), str)
    agree(cidr)


def agree(cidr: str) -> None:
    """Reading a file of this one row gives what ipaddress gives, block or complaint."""
    ledger, problems = parse_ledger(f"key,cidr\nx,{cidr}\n", "a.csv")
    expected = as_ipaddress_reads(cidr)
    if isinstance(expected, Entry):
        assert ledger.entries == (expected,)
    else:
        assert [problem.text.partition(": ")[2] for problem in problems] == [expected]
