"""All facts of one folder together, as the checks and the planners read them."""

from dataclasses import dataclass, replace

from infra.plan.addresses import prove
from infra.plan.divisions import Divisions
from infra.plan.exemptions import Exemption
from infra.plan.flavors import Flavor
from infra.plan.ledger import Ledger
from infra.plan.needs import Need, division_needs, link_needs, system_needs
from infra.plan.network import Network
from infra.plan.problems import FactsError, Problem
from infra.plan.sites import Site
from infra.plan.source import Source
from infra.plan.stack import Stack
from infra.plan.systems import Department, System


@dataclass(frozen=True)
class World:
    """All facts, and where each of them stands."""

    divisions: Divisions
    network: Network
    flavors: dict[str, Flavor]
    departments: dict[str, Department]
    systems: dict[str, System]
    sites: dict[str, Site]
    stacks: dict[str, Stack]
    exemptions: tuple[Exemption, ...]
    ledger: Ledger
    sources: dict[str, Source]
    # What is there and told of, but too faulty to be read: `systems/<name>` and such.
    unread: frozenset[str] = frozenset()

    def needs(self) -> list[Need]:
        """Everything that needs an address."""
        known = [system for system in self.systems.values() if system.division in self.divisions]
        stacks = list(self.stacks.values())
        return [
            *division_needs(self.network, self.divisions),
            *system_needs(self.network, known),
            *link_needs(self.network, self.divisions, stacks),
        ]

    def address_problems(self) -> list[Problem]:
        """What the address proof finds, in the names of the files."""
        names = [self.sources[file].name for file in ("addresses.csv", "network.yaml")]
        return prove(self.network, self.needs(), self.ledger, *names)

    def prove(self) -> None:
        """Raise unless the address proof holds."""
        if problems := self.address_problems():
            raise FactsError(problems)

    def with_ledger(self, ledger: Ledger) -> "World":
        """The same facts with another ledger."""
        return replace(self, ledger=ledger)
