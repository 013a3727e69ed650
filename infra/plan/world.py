"""All facts of one folder together, as the checks and the planners read them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from infra.plan.addresses import prove
from infra.plan.base import Block, target
from infra.plan.divisions import Divisions
from infra.plan.exemptions import Exemption
from infra.plan.flavors import Flavor
from infra.plan.ledger import Ledger
from infra.plan.needs import Need, division_needs, link_needs, segment_key, system_needs
from infra.plan.network import Network
from infra.plan.problems import FactsError, Problem
from infra.plan.sites import Site
from infra.plan.source import Source
from infra.plan.stack import Stack
from infra.plan.systems import Department, DepartmentEntry, System, SystemEntry, group_name

Named = TypeVar("Named")
Place = tuple[str, str]  # division and name
Addresses = Mapping[str, tuple[Block, ...]]  # by security group


@dataclass(frozen=True)
class World:
    """All facts, and where each of them stands."""

    divisions: Divisions
    network: Network
    flavors: dict[str, Flavor]
    departments: dict[str, DepartmentEntry]
    systems: dict[str, SystemEntry]
    sites: dict[str, Site]
    stacks: dict[str, Stack]
    exemptions: tuple[Exemption, ...]
    ledger: Ledger
    sources: dict[str, Source]
    # What is there and told of, but too faulty to be read: `systems/<name>` and such.
    unread: frozenset[str] = frozenset()

    @cached_property
    def placed_systems(self) -> dict[Place, System]:
        """The systems of each division that the table has."""
        return {
            (code, name): System.model_construct(**{**dict(entry), "division": code})
            for name, entry in self.systems.items()
            for code in self._places(entry)
        }

    @cached_property
    def placed_departments(self) -> dict[Place, Department]:
        """The departments of each division that the table has, under their full titles."""
        return {
            (code, name): Department(name, entry.title if entry.division else title + entry.title, code)
            for name, entry in self.departments.items()
            for code in self._places(entry)
            for title in [self.divisions[code].name]
        }

    def _places(self, entry: DepartmentEntry | SystemEntry) -> list[str]:
        if entry.division:
            return [entry.division] if entry.division in self.divisions else []
        return [code for code, division in self.divisions.by_code.items() if division.level == entry.tier]

    def system(self, reference: str, division: str) -> System | None:
        """What `$systems:<name>[/<function>]` means in a division: its own, else that of the nearest one above."""
        return self._nearest(self.placed_systems, target(reference).partition("/")[0], division)

    def built(self, stack: Stack) -> list[System]:
        """The systems that a stack builds, in the order in which it names them."""
        found = (self.system(reference, stack.division) for reference in dict.fromkeys(stack.systems))
        return [system for system in found if system]

    def department(self, reference: str, division: str) -> Department | None:
        """What `$departments:<name>` means in a division."""
        return self._nearest(self.placed_departments, target(reference), division)

    def _nearest(self, placed: Mapping[Place, Named], name: str, division: str) -> Named | None:
        lineage = self.divisions.lineage(division)
        return next((placed[one.code, name] for one in lineage if (one.code, name) in placed), None)

    @cached_property
    def addresses(self) -> dict[Place, Addresses]:
        """All addresses, of both families, of each group of every placed system, whether built yet or not."""
        return {place: self._members(system) for place, system in self.placed_systems.items()}

    def _members(self, system: System) -> Addresses:
        found: dict[str, tuple[Block, ...]] = {}
        for name, function in system.functions.items():
            parent = segment_key(system, function.zone)
            names = [*function.hosts, *([function.virtual_address] if function.virtual_address else [])]
            found[group_name(system.name, name)] = tuple(
                block for one in names for block in self.ledger.both(f"{parent}/{one}")
            )
        return found

    def needs(self) -> list[Need]:
        """Everything that needs an address."""
        return [
            *division_needs(self.network, self.divisions),
            *system_needs(self.network, list(self.placed_systems.values())),
            *link_needs(self.network, self.divisions, self.stacks),
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
