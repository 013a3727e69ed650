"""The three administrators on every host: each runs his own commands alone, is recorded, and comes by one way."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.compliance.parse import base_chain, sources_of_port, within
from tests.compliance.platform.hosts import Look
from tests.compliance.scope import HostScope


def rights(text: str) -> list[str]:
    """The commands that `sudo -l` lists for an account."""
    lines = re.findall(r"^\s+\((?:root|ALL)[^)]*\) (.*)$", text, re.M)
    return [right.strip() for line in lines for right in re.split(r"(?<!\\), ", line)]


def bounded(_: HostScope, text: str) -> tuple[bool, str]:
    """The account is there and may run some commands, but not all."""
    found = rights(text)
    free = any(re.match(r"(NOPASSWD: |NOEXEC: )*ALL$", right) for right in found)
    return bool(found) and not free, "可执行任何命令" if free else f"{len(found)} 条命令"


def may(words: Sequence[str]) -> Look:
    """The account's commands are enough for its work."""

    def look(_: HostScope, text: str) -> tuple[bool, str]:
        lacking = [word for word in words if not any(word in right for right in rights(text))]
        return not lacking, f"缺 {'、'.join(lacking)}" if lacking else "、".join(words)

    return look


def recorded(_: HostScope, text: str) -> tuple[bool, str]:
    """sudo writes each command into a file of its own."""
    found = re.search(r"^Defaults\s+logfile=(\S+)", text, re.M)
    return found is not None, f"logfile={found[1] if found else '未设置'}"


def by_one_way(host: HostScope, text: str) -> tuple[bool, str]:
    """The host's firewall lets nobody log in but from the terminals of the plan."""
    chains = [chain for chain in base_chain(text, "input") if chain.get("policy") == "drop"]
    sources = [source for chain in chains for source in sources_of_port(chain, 22)]
    strangers = [source for source in sources if not within(source, host.terminals)]
    return bool(sources) and not strangers, "、".join(strangers) or f"仅 {'、'.join(sources) or '无'}"
