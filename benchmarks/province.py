"""Time the planner on a province that is made up, so that its size can be chosen.

`python -m benchmarks.province 1767 5000` allocates and proves both families from nothing for so many townships, and for
so many more; exit code 1 when time grows faster than the province, or memory passes its limit.
"""

import resource
import sys
import time
from pathlib import Path

import typer

from infra.plan.addresses import allocate, prove
from infra.plan.divisions import Division, Divisions
from infra.plan.ledger import Ledger, parse_ledger, render_ledger
from infra.plan.load import load
from infra.plan.needs import division_needs
from infra.plan.network import Network

MEGABYTES = 300
NOISE = 1.5
FACTS = Path(__file__).resolve().parents[1] / "stacks"


def province(townships: int) -> Divisions:
    """Cities of ten counties of fifty townships."""
    found = [Division("990000", "省", "province", "")]
    for number in range(townships):
        city, county = f"99{number // 500 + 1:02}00", f"99{number // 500 + 1:02}{number // 50 % 10 + 1:02}"
        if number % 500 == 0:
            found.append(Division(city, city, "city", "990000"))
        if number % 50 == 0:
            found.append(Division(county, county, "county", city))
        found.append(Division(f"{county}{number % 50 + 1:03}", str(number), "township", county))
    return Divisions({division.code: division for division in found})


def seconds(network: Network, divisions: Divisions) -> float:
    """Allocate, write, read and prove."""
    parse_ledger.cache_clear()
    begin = time.perf_counter()
    ledger, problems = allocate(network, division_needs(network, divisions), Ledger.of(()), "addresses.csv")
    read, faults = parse_ledger(render_ledger(ledger.entries), "addresses.csv")
    unproved = prove(network, division_needs(network, divisions), read, "addresses.csv", "network.yaml")
    if problems or faults or unproved:
        sys.exit("\n".join(map(str, [*problems, *faults, *unproved])))
    return time.perf_counter() - begin


def main(few: int, many: int) -> None:
    """Measure, print and judge."""
    network = load(FACTS).network
    small, large = (min(seconds(network, province(count)) for _ in range(3)) for count in (few, many))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    growth = large / small / (many / few)
    typer.echo(f"{few}: {small:.2f} s, {many}: {large:.2f} s, {growth:.2f} of linear, {megabytes} MB")
    if growth > NOISE or megabytes > MEGABYTES:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
