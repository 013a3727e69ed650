"""Hosts' firewalls as parts of the border: what they let pass, by which words, and whether they know sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.compliance.parse import base_chain, value_set
from tests.compliance.scope import HostScope

SIDES = {"input": "saddr", "output": "daddr"}
LEASE = {67, 68, 546, 547}  # DHCP of both families: its first words have no address yet


def matches(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """The conditions of a rule."""
    return [each["match"] for each in rule["expr"] if "match" in each]


def field(match: dict[str, Any]) -> str:
    """The field of a packet that a condition is about."""
    return str(match["left"].get("payload", {}).get("field", ""))


def loose(rules: list[dict[str, Any]], side: str) -> Iterator[str]:
    """Ports that are let pass whoever is at the other side."""
    for rule in rules:
        found = {field(match): match for match in matches(rule)}
        if not any("accept" in each for each in rule["expr"]) or "dport" not in found or side in found:
            continue
        ports = value_set(found["dport"]["right"])
        if not set(ports) <= LEASE:
            yield f"{found['dport']['left']['payload']['protocol']} {ports}"


def denying(text: str, hook: str) -> list[dict[str, Any]]:
    """The rules of chains that refuse what no rule accepts."""
    chains = [chain for chain in base_chain(text, hook) if chain.get("policy") == "drop"]
    return [rule for chain in chains for rule in chain["rules"]]


def names_both_sides(_: HostScope, text: str) -> tuple[bool, str]:
    """Each port is opened for named peers."""
    wide = [f"{hook} {one}" for hook, side in SIDES.items() for one in loose(denying(text, hook), side)]
    counted = sum(len(denying(text, hook)) for hook in SIDES)
    return bool(counted) and not wide, "、".join(wide) or f"{counted} 条规则均限定对端与端口"


def says_each_thing_once(_: HostScope, text: str) -> tuple[bool, str]:
    """No rule stands twice in a chain."""
    kept: list[str] = []
    for hook in SIDES:
        for rule in denying(text, hook):
            words = [each for each in rule["expr"] if "counter" not in each]
            if words:
                kept.append(f"{hook} {json.dumps(words, sort_keys=True)}")
    twice = len(kept) - len(set(kept))
    return bool(kept) and not twice, f"{len(kept)} 条规则，重复 {twice} 条"


def knows_sessions(_: HostScope, text: str) -> tuple[bool, str]:
    """Answers pass because they belong to a session, and what belongs to none is dropped."""
    states: dict[str, set[str]] = {"accept": set(), "drop": set()}
    for rule in denying(text, "input"):
        for match in matches(rule):
            if match["left"].get("ct", {}).get("key") == "state":
                right = match["right"] if isinstance(match["right"], list) else value_set(match["right"])
                for verdict, known in states.items():
                    if any(verdict in each for each in rule["expr"]):
                        known.update(right)
    good = "established" in states["accept"] and "invalid" in states["drop"]
    return good, f"放行 {'、'.join(sorted(states['accept'])) or '无'}，丢弃 {'、'.join(sorted(states['drop'])) or '无'}"
