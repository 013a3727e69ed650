"""Reads a folder of facts into one checked world, or tells everything that is wrong with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, RootModel

from infra.plan.base import Name
from infra.plan.checks import check_world
from infra.plan.divisions import Divisions, parse_divisions
from infra.plan.exemptions import Exemptions
from infra.plan.ledger import Ledger, parse_ledger
from infra.plan.network import Network
from infra.plan.problems import FactsError, Problem
from infra.plan.sites import Site
from infra.plan.source import Source, parse, read_text, read_yaml
from infra.plan.stack import Stack
from infra.plan.systems import Department, System
from infra.plan.world import World

Model = TypeVar("Model", bound=BaseModel)
Named = TypeVar("Named", System, Site)
Table = TypeVar("Table")
NOT_STACKS = ("network", "departments", "exemptions")


class Departments(RootModel[dict[Name, Department]]):
    """stacks/departments.yaml: owners by name."""


def load(root: Path) -> World:
    """Read every file of the folder and prove the address plan; problems of all files come together."""
    world, problems = _read(root)
    if world and not any(problem.file.endswith(".csv") for problem in problems):
        problems += world.address_problems()
    if problems or not world:
        raise FactsError(problems)
    return world


def load_unproved(root: Path) -> World:
    """Read and check everything but the addresses, for the one command that is about to allocate them."""
    world, problems = _read(root, needs_ledger=False)
    if problems or not world:
        raise FactsError(problems)
    return world


def _read(root: Path, needs_ledger: bool = True) -> tuple[World | None, list[Problem]]:
    reader = Reader(root)
    world = reader.world(needs_ledger)
    return world, [*reader.problems, *(check_world(world) if world else [])]


class Reader:
    """Reads files, and collects their problems instead of stopping at the first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.sources: dict[str, Source] = {}

    def world(self, needs_ledger: bool) -> World | None:
        """Everything that could be read; None when the folder lacks what the rest hangs on."""
        divisions = self._table(parse_divisions, "divisions.csv") or Divisions({})
        fresh = not needs_ledger and not (self.root / "addresses.csv").exists()
        self.sources["addresses.csv"] = Source(f"{self.root.name}/addresses.csv")
        ledger = (None if fresh else self._table(parse_ledger, "addresses.csv")) or Ledger.of(())
        network = self._one(Network, "network.yaml")
        departments = self._one(Departments, "departments.yaml")
        systems = dict(self._folder(System, "systems"))
        sites = dict(self._folder(Site, "sites"))
        stacks = {
            path.stem: stack
            for path in sorted(self.root.glob("*.yaml"))
            if path.stem not in NOT_STACKS and not path.name.startswith("Pulumi.")
            if (stack := self._one(Stack, path.name))
        }
        register = (
            self._one(Exemptions, "exemptions.yaml") if (self.root / "exemptions.yaml").exists() else Exemptions()
        )
        if network is None or departments is None or register is None:
            return None
        exemptions = tuple(register.exemptions)
        return World(divisions, network, departments.root, systems, sites, stacks, exemptions, ledger, self.sources)

    def _table(self, parser: Callable[[str, str], tuple[Table, list[Problem]]], file: str) -> Table | None:
        name = f"{self.root.name}/{file}"
        text, problems = read_text(self.root / file, name)
        self.sources[file] = Source(name)
        if problems:
            self.problems += problems
            return None
        table, faults = parser(text, name)
        self.problems += faults
        return table

    def _one(self, model: type[Model], file: str) -> Model | None:
        source, problems = read_yaml(self.root / file, f"{self.root.name}/{file}")
        self.problems += problems
        if source is None:
            return None
        self.sources[file] = source
        found, faults = parse(model, source)
        self.problems += faults
        return found

    def _folder(self, model: type[Named], folder: str) -> Iterator[tuple[str, Named]]:
        for path in sorted((self.root / folder).glob("*.yaml")):
            file = f"{folder}/{path.name}"
            found = self._one(model, file)
            if found is None:
                continue
            if found.name != path.stem:
                text = f"名称须与文件名一致：{path.stem} · name must be that of the file: {path.stem}"
                self.problems.append(self.sources[file].problem(("name",), text))
            yield path.stem, found.model_copy(update={"name": path.stem})
