"""Gives addresses to what has none yet, and writes the ledger only when all of it proves."""

from pathlib import Path

from infra.plan.addresses import allocate
from infra.plan.ledger import Entry, parse_ledger, render_ledger
from infra.plan.load import load_unproved
from infra.plan.problems import FactsError


def assign(facts: Path) -> tuple[tuple[Entry, ...], int]:
    """What was added, and how many entries there are in all; raises and writes nothing when a block is exhausted."""
    world = load_unproved(facts)
    ledger, problems = allocate(world.network, world.needs(), world.ledger, world.sources["addresses.csv"].name)
    if problems:
        raise FactsError(problems)
    added = ledger.entries[len(world.ledger.entries) :]
    text = render_ledger(ledger.entries)
    world.with_ledger(parse_ledger(text, "addresses.csv")[0]).prove()
    if added:
        (facts / "addresses.csv").write_text(text, encoding="utf-8")
    return added, len(ledger.entries)
