"""Turns what hosts answer into values that can be compared; pure, so that it is tested without a host."""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

SYSTEM_UIDS = range(1, 1000)
NO_SHELL = ("/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false", "/bin/sync")


def settings(text: str, separator: str = r"\s*=\s*|\s+") -> dict[str, str]:
    """`key = value` or `Key value` lines, names in lower case; the last one wins, a bare word means yes."""
    found = {}
    for line in (raw.split("#", 1)[0].strip() for raw in text.splitlines()):
        if line:
            name, *rest = re.split(separator, line, maxsplit=1)
            found[name.lower()] = rest[0].strip() if rest else "yes"
    return found


def number(values: dict[str, str], name: str) -> int | None:
    """A setting as a number, where it is one."""
    value = values.get(name, "")
    return int(value) if re.fullmatch(r"-?\d+", value) else None


def between(value: int | None, low: int, high: int) -> bool:
    """Whether a value is set and within bounds."""
    return value is not None and low <= value <= high


class Account(NamedTuple):
    """One line of passwd."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


def accounts(passwd: str) -> list[Account]:
    """All accounts."""
    rows = (line.split(":") for line in passwd.splitlines() if line.count(":") == 6)
    return [Account(row[0], int(row[2]), int(row[3]), row[5], row[6]) for row in rows]


class Shadow(NamedTuple):
    """What may be known of one line of shadow; `kind` is empty, locked or the hash method, never the hash."""

    name: str
    kind: str
    min_days: str
    max_days: str
    warn_days: str
    inactive: str
    expires: str

    @property
    def closed(self) -> bool:
        """An account whose expiry date lies in the first days of the epoch cannot be used."""
        return self.expires.isdigit() and int(self.expires) < 365

    @property
    def expires_without_password(self) -> bool:
        """PAM asks for a new password even where there is none: whoever logs in by key is then shut out."""
        ages = self.max_days.isdigit() and int(self.max_days) < 99999
        return not self.kind.startswith("hash-") and (ages or self.inactive.isdigit())


def shadows(text: str) -> dict[str, Shadow]:
    """Password states by account."""
    rows = (line.split(":") for line in text.splitlines() if line.count(":") == 6)
    return {row[0]: Shadow(*row) for row in rows}


def twice(values: list[Any]) -> list[str]:
    """Values that occur more than once."""
    return sorted({str(value) for value in values if values.count(value) > 1})


class Listener(NamedTuple):
    """A socket that others can reach."""

    protocol: str
    address: str
    port: int
    program: str


def listeners(text: str) -> list[Listener]:
    """Sockets of `ss -Hlntup` that are not bound to the loopback; a DHCP client's own port is no service."""
    found = []
    for fields in (line.split() for line in text.splitlines()):
        if len(fields) < 5:
            continue
        address, _, port = fields[4].rpartition(":")
        address = address.partition("%")[0].strip("[]")
        program = match[1] if (match := re.search(r'\(\("([^"]+)"', fields[-1])) else ""
        if address.startswith("127.") or address == "::1" or (fields[0] == "udp" and port in ("68", "546")):
            continue
        found.append(Listener(fields[0], address, int(port), program))
    return found


def base_chain(ruleset: str, hook: str) -> list[dict[str, Any]]:
    """Filter chains of `nft -j list ruleset` at that hook, each with its rules."""
    items = json.loads(ruleset)["nftables"]
    chains = [item["chain"] for item in items if "chain" in item]
    rules = [item["rule"] for item in items if "rule" in item]
    return [
        {**chain, "rules": [r for r in rules if (r["table"], r["chain"]) == (chain["table"], chain["name"])]}
        for chain in chains
        if chain.get("hook") == hook and chain.get("type") == "filter"
    ]


def refuses_by_default(ruleset: str, hook: str) -> bool:
    """Whether some chain at that hook drops what no rule accepts."""
    return any(chain.get("policy") == "drop" for chain in base_chain(ruleset, hook))


def reachable(ruleset: str, protocol: str, port: int) -> bool:
    """Whether the firewall lets anybody at a listening port: always, where no chain denies what it does not know."""
    return bool(open_to(ruleset, protocol, port))


def open_to(ruleset: str, protocol: str, port: int) -> list[str]:
    """Whom the firewall lets at a listening port, of either family: "any" too where no chain denies the unknown."""
    denying = [chain for chain in base_chain(ruleset, "input") if chain.get("policy") == "drop"]
    found = [source for chain in denying for source in sources_of_port(chain, port, protocol)]
    return found if denying else ["any"]


def value_set(right: Any) -> list[Any]:
    """The right side of a match as a list: single value, set, or prefix."""
    if isinstance(right, dict) and "set" in right:
        return [entry for each in right["set"] for entry in value_set(each)]
    if isinstance(right, dict) and "prefix" in right:
        return [f"{right['prefix']['addr']}/{right['prefix']['len']}"]
    if isinstance(right, dict) and "range" in right:
        return [tuple(right["range"])]
    return [right]


def sources_of_port(chain: dict[str, Any], port: int, protocol: str = "tcp") -> list[str]:
    """Where a chain accepts new connections to a port from; "any" when a rule names no source."""
    found: list[str] = []
    for rule in chain["rules"]:
        expressions = rule["expr"]
        if not any("accept" in each for each in expressions):
            continue
        matches = [each["match"] for each in expressions if "match" in each]
        if not any(m["left"].get("payload", {}).get("protocol") == protocol and opens(m, port) for m in matches):
            continue
        named = [m for m in matches if m["left"].get("payload", {}).get("field") == "saddr"]
        found += [str(value) for m in named for value in value_set(m["right"])] if named else ["any"]
    return found


def opens(match: dict[str, Any], port: int) -> bool:
    """Whether a match on the destination port includes this port."""
    if match["left"].get("payload", {}).get("field") != "dport":
        return False
    values = value_set(match["right"])
    return any(v[0] <= port <= v[1] if isinstance(v, tuple) else v == port for v in values)


def within(address: str, blocks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether an address or block lies in one of the blocks."""
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return False
    return any(network.network_address in block and network.prefixlen >= block.prefixlen for block in blocks)


def retention_days(logrotate: str) -> dict[str, int]:
    """Days that each file of `grep -H` over logrotate's settings keeps, the shortest of its blocks."""
    period = {"daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}
    words: dict[str, list[str]] = {}
    for line in logrotate.splitlines():
        name, _, rest = line.partition(":")
        words.setdefault(name, []).append(rest.strip())
    kept = {}
    for name, lines in words.items():
        days = [period[line] for line in lines if line in period] or [7]
        counts = [int(line.split()[1]) for line in lines if line.startswith("rotate ")] or [0]
        ages = [int(line.split()[1]) for line in lines if line.startswith("maxage ")]
        kept[name] = min([min(days) * min(counts), *ages])
    return kept
