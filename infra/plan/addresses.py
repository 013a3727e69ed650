"""The one address plan: allocates what is missing and proves that all of it fits, IPv4 and IPv6 alike.

Allocation only ever adds: next-free, aligned, outside the reserve. The proof is one sweep over all blocks in order of
address: blocks nest or are apart, so the block around another must be its parent's, and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from infra.plan.base import BITS, Version
from infra.plan.ledger import Entry, Ledger
from infra.plan.needs import EXTRANET, Need, kept_free
from infra.plan.network import Network
from infra.plan.problems import Problem

INNER = "inner_network"
ALLOCATE = "python -m infra.plan allocate"
Place = tuple[Version, str]


def roots(network: Network) -> list[Entry]:
    """The blocks that the plan starts from."""
    blocks = [(EXTRANET, block) for block in network.extranet] + [(INNER, block) for block in network.inner_network]
    return [Entry.of(block, key) for key, block in blocks]


def allocate(network: Network, needs: Iterable[Need], ledger: Ledger, name: str) -> tuple[Ledger, list[Problem]]:
    """Give every need without entry the next free block of its parent; entries that exist stay as they are."""
    by_key: dict[Place, list[Entry]] = {place: list(entries) for place, entries in ledger.by_key.items()}
    for root in roots(network):
        if root.key == EXTRANET:
            by_key.setdefault((root.version, EXTRANET), []).append(root)
    missing: dict[Place, dict[str, Need]] = defaultdict(dict)
    for need in needs:
        if (need.version, need.key) not in by_key:
            missing[need.version, need.parent][need.key] = need
    taken = _taken(by_key)
    added: list[Entry] = []
    problems: list[Problem] = []
    waiting = [parent for parent in missing if parent in by_key]
    while waiting:
        parent = waiting.pop()
        wanted = sorted(missing[parent].values(), key=lambda need: (need.prefix, need.key))
        for prefix, alike in groupby(wanted, key=lambda need: need.prefix):
            free = _free(prefix, wanted[0].parent_reserve, by_key[parent], sorted(taken[parent]))
            for need in alike:
                if (first := next(free, None)) is None:
                    problems.append(Problem(name, 1, need.key, _exhausted(need, by_key[parent])))
                    continue
                entry = Entry(need.version, first, prefix, need.key)
                place = (need.version, need.key)
                added.append(entry)
                by_key[place] = [entry]
                taken[parent].append((entry.first, entry.last))
                if place in missing:
                    waiting.append(place)
    return Ledger.of((*ledger.entries, *added)), problems


def _taken(by_key: dict[Place, list[Entry]]) -> dict[Place, list[tuple[int, int]]]:
    """What is used directly below each key, by the ledger's own keys; divisions hang below any block around them."""
    taken: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for entry, around in nested([entry for entries in by_key.values() for entry in entries]):
        if around:
            taken[around[-1].version, around[-1].key].append((entry.first, entry.last))
    return taken


def _free(prefix: int, reserve: int, parents: Sequence[Entry], taken: Sequence[tuple[int, int]]) -> Iterator[int]:
    """First addresses of the free aligned blocks of one size, lowest first, sparing the reserve at the end."""
    for parent in parents:
        size = 1 << (BITS[parent.version] - prefix)
        whole = parent.last - parent.first + 1
        limit = parent.first + whole - whole * reserve // 100
        at = parent.first
        for first, last in sorted([*taken, *kept_free(parent, prefix), (limit, limit)]):
            if last < at or first > limit:
                continue
            yield from range(at, first - size + 1, size)
            at = max(at, -(-(last + 1) // size) * size)


def _exhausted(need: Need, parents: Sequence[Entry]) -> str:
    blocks = ", ".join(str(parent.network) for parent in parents)
    family = f"IPv{need.version}"
    return (
        f"{need.parent}（{blocks}）预留 {need.parent_reserve}% 之外已无空闲 {family} /{need.prefix}，"
        f"请减少预留，或在 addresses.csv 中为 {need.parent} 另加一行 {family} 地址块 · "
        f"no free /{need.prefix} left in {need.parent} outside its reserve of {need.parent_reserve}%; "
        f"lower that in network.yaml, or add a second row of {family} for {need.parent} in addresses.csv"
    )


def prove(network: Network, needs: Iterable[Need], ledger: Ledger, name: str, network_name: str) -> list[Problem]:
    """Every need has its block, every block lies directly in its parent's, none meets another or the inner network."""
    parent_of = {(need.version, need.key): need.parent for need in needs}
    problems = [
        Problem(
            name, 1, key, f"没有 IPv{version} 地址，请运行 {ALLOCATE} · has no IPv{version} address; run that command"
        )
        for version, key in parent_of
        if (version, key) not in ledger.by_key
    ]
    for entry, around in nested([*roots(network), *ledger.entries]):
        if fault := _fault(entry, around, parent_of):
            problems.append(Problem(name if entry.line else network_name, entry.line or 1, entry.key, fault))
    return problems


def nested(entries: list[Entry]) -> Iterator[tuple[Entry, list[Entry]]]:
    """Each entry, in order, with those around it, the outermost first; the list is one that changes."""
    around: list[Entry] = []
    for entry in _ordered(entries):
        while around and (around[-1].version, around[-1].last) < (entry.version, entry.first):
            around.pop()
        yield entry, around
        around.append(entry)


def _ordered(entries: list[Entry]) -> list[Entry]:
    """By family and first address, the larger first, an outer key before an inner one of the same size."""
    rank = {EXTRANET: -1, INNER: -1}
    return sorted(
        entries, key=lambda e: (e.version, e.first, e.prefix, rank.get(e.key, e.key.count("/")), len(e.key), e.key)
    )


def _fault(entry: Entry, around: Sequence[Entry], parent_of: dict[Place, str]) -> str:
    inner = next((above for above in around if INNER in (above.key, entry.key)), None)
    if inner:
        return f"{entry.network} 触及政务内网 · meets the inner network's blocks ({inner.key} {inner.network})"
    nearest = around[-1] if around else None
    if entry.key in (EXTRANET, INNER):
        return f"{entry.network} 与 {nearest.key} {nearest.network} 重叠 · overlaps {nearest.key}" if nearest else ""
    parent = parent_of.get((entry.version, entry.key))
    if parent is None:  # held: its division, system or host is gone, the address is not given to another
        parent = entry.key.rpartition("/")[0]
        return "" if nearest and (nearest.key == parent or not parent) else _misplaced(entry, nearest, parent)
    if nearest and nearest.key == parent:
        hosts = kept_free(nearest, entry.prefix)
        if any(first <= entry.first <= last for first, last in hosts):
            return f"{entry.network.network_address} 为网关或云平台保留 · is kept for the gateway or the cloud itself"
        return ""
    return _misplaced(entry, nearest, parent)


def _misplaced(entry: Entry, nearest: Entry | None, parent: str) -> str:
    if nearest is None:
        return f"{entry.network} 不在政务外网地址块内 · lies outside the extranet's blocks"
    text = f"{entry.network} 不在上级 {parent} 的地址块内 · lies outside the block of its parent {parent}"
    if nearest.key == EXTRANET:
        return text
    return f"{text}；与 {nearest.key} {nearest.network}（第 {nearest.line} 行）重叠 · overlaps {nearest.key}"


def unused(needs: Iterable[Need], ledger: Ledger) -> list[str]:
    """Keys that hold an address for nobody: kept, so that what left is never mistaken for what came."""
    wanted = {need.key for need in needs}
    return [key for key in dict.fromkeys(entry.key for entry in ledger.entries) if key not in wanted]
