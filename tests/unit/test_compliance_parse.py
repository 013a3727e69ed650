"""What hosts answer is understood: settings, accounts, sockets, firewall rules, retention."""

from __future__ import annotations

import json
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import pytest

from tests.compliance.known import SAFE_CIPHER, SAFE_EXCHANGE, SAFE_MAC, UNWANTED_PACKAGES
from tests.compliance.parse import (
    accounts,
    base_chain,
    between,
    listeners,
    number,
    open_to,
    reachable,
    refuses_by_default,
    retention_days,
    settings,
    shadows,
    sources_of_port,
    twice,
    within,
)

LISTENING = """\
udp UNCONN 0 0 10.0.0.5%eth0:68 0.0.0.0:* users:(("systemd-network",pid=1,fd=1))
udp UNCONN 0 0 [fe80::f816:3eff:fe00:1]%eth0:546 [::]:* users:(("systemd-network",pid=1,fd=2))
tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=2,fd=3))
tcp LISTEN 0 128 127.0.0.1:9090 0.0.0.0:* users:(("prometheus",pid=3,fd=3))
tcp LISTEN 0 128 [::]:9100 [::]:* users:(("node_exporter",pid=4,fd=3))
tcp LISTEN 0 128 [::1]:5432 [::]:* users:(("postgres",pid=5,fd=3))
"""


def rule(*matches: dict[str, Any], verdict: str = "accept") -> dict[str, Any]:
    return {"rule": {"table": "t", "chain": "input", "expr": [*({"match": m} for m in matches), {verdict: None}]}}


def payload(protocol: str, name: str, right: Any) -> dict[str, Any]:
    return {"op": "==", "left": {"payload": {"protocol": protocol, "field": name}}, "right": right}


def ruleset(policy: str, *rules: dict[str, Any]) -> str:
    chain = {"table": "t", "name": "input", "hook": "input", "type": "filter", "policy": policy}
    return json.dumps({"nftables": [{"chain": chain}, *rules]})


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("minlen = 12\nminlen = 14", "minlen", "14"),
        ("PASS_MAX_DAYS\t90", "pass_max_days", "90"),
        ("even_deny_root", "even_deny_root", "yes"),
        ("net.ipv4.tcp_syncookies = 1 # why", "net.ipv4.tcp_syncookies", "1"),
    ],
)
def test_settings_are_read_in_every_spelling_and_the_last_one_wins(text: str, name: str, value: str) -> None:
    assert settings(text)[name] == value


def test_a_value_that_is_missing_or_no_number_is_never_within_bounds() -> None:
    assert number({"minlen": "twelve"}, "minlen") is None
    assert not between(None, 0, 10)
    assert not between(11, 0, 10)
    assert between(10, 0, 10)


def test_accounts_and_password_states() -> None:
    known = accounts("root:x:0:0:root:/root:/bin/bash\nbroken line\ntoor:x:0:0::/:/bin/sh")
    assert [a.name for a in known if a.uid == 0] == ["root", "toor"]
    assert twice([a.uid for a in known]) == ["0"]
    states = shadows("root:locked:0:99999:7::\nold:hash-6:0:90:7::1")
    assert states["root"].kind == "locked"
    assert states["old"].closed
    assert not states["root"].closed


def test_only_sockets_that_others_reach_count() -> None:
    assert {(each.port, each.program) for each in listeners(LISTENING)} == {(22, "sshd"), (9100, "node_exporter")}


def test_a_firewall_without_a_denying_chain_refuses_nothing() -> None:
    assert refuses_by_default(ruleset("drop"), "input")
    assert not refuses_by_default(ruleset("accept"), "input")
    assert not refuses_by_default(ruleset("drop"), "output")
    assert not refuses_by_default('{"nftables": []}', "input")


@pytest.mark.parametrize(
    ("rules", "sources"),
    [
        ([rule(payload("ip", "saddr", "10.0.0.9"), payload("tcp", "dport", 22))], ["10.0.0.9"]),
        ([rule(payload("tcp", "dport", {"set": [22, 80]}))], ["any"]),
        ([rule(payload("tcp", "dport", {"range": [1, 1024]}))], ["any"]),
        ([rule(payload("tcp", "dport", {"set": [{"range": [20, 25]}]}))], ["any"]),
        ([rule(payload("tcp", "dport", 22), verdict="drop")], []),
        ([rule(payload("tcp", "dport", 2222))], []),
        (
            [
                rule(
                    payload("ip", "saddr", {"set": ["10.0.0.9", {"prefix": {"addr": "10.1.0.0", "len": 16}}]}),
                    payload("tcp", "dport", 22),
                )
            ],
            ["10.0.0.9", "10.1.0.0/16"],
        ),
        (
            [
                rule(
                    payload("ip6", "saddr", {"set": ["fd00::9", {"prefix": {"addr": "fd01::", "len": 32}}]}),
                    payload("tcp", "dport", 22),
                )
            ],
            ["fd00::9", "fd01::/32"],
        ),
    ],
)
def test_where_a_port_is_open_to(rules: list[dict[str, Any]], sources: list[str]) -> None:
    (chain,) = base_chain(ruleset("drop", *rules), "input")
    assert sources_of_port(chain, 22) == sources


def test_a_listening_port_that_the_firewall_refuses_is_not_reachable() -> None:
    https = rule(payload("tcp", "dport", 443))
    assert reachable(ruleset("accept"), "tcp", 5432)
    assert reachable(ruleset("drop", https), "tcp", 443)
    assert not reachable(ruleset("drop", https), "tcp", 5432)
    assert not reachable(ruleset("drop", https), "udp", 443)


def test_whom_a_port_is_open_to_is_known_in_both_families() -> None:
    https = payload("tcp", "dport", 443)
    four, six = rule(payload("ip", "saddr", "10.0.0.9"), https), rule(payload("ip6", "saddr", "fd00::9"), https)
    assert open_to(ruleset("drop", four, six), "tcp", 443) == ["10.0.0.9", "fd00::9"]
    assert open_to(ruleset("accept", four), "tcp", 443) == ["any"]
    assert open_to(ruleset("drop", four), "tcp", 80) == []


def test_an_address_must_lie_in_a_declared_block() -> None:
    blocks = (IPv4Network("10.0.0.8/30"), IPv6Network("fd00::8/126"))
    assert within("10.0.0.9", blocks)
    assert within("10.0.0.8/31", blocks)
    assert within("fd00::a", blocks)
    assert within("fd00::8/127", blocks)
    assert not within("10.0.0.0/24", blocks)
    assert not within("fd00::/64", blocks)
    assert not within("::/0", blocks)
    assert not within("any", blocks)
    assert not within("*", blocks)


def test_retention_is_the_shortest_of_count_and_age() -> None:
    kept = retention_days("a:weekly\na:rotate 4\nb:\tdaily\nb:\trotate 190\nb:\tmaxage 100\nc:monthly\nc:rotate 12")
    assert kept == {"a": 28, "b": 100, "c": 360}


def test_algorithms_and_packages_are_matched_as_a_whole() -> None:
    assert SAFE_CIPHER.fullmatch("aes256-gcm@openssh.com")
    assert not SAFE_CIPHER.fullmatch("aes256-cbc")
    assert not SAFE_MAC.fullmatch("hmac-sha1")
    assert not SAFE_EXCHANGE.fullmatch("diffie-hellman-group1-sha1")
    assert UNWANTED_PACKAGES.match("gcc-12")
    assert not UNWANTED_PACKAGES.match("gcc-12-base")
    assert not UNWANTED_PACKAGES.match("nispor")
