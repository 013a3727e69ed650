"""Reads a folder of facts into one checked world, or tells everything that is wrong with it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, RootModel

from infra.plan.base import Lengths, Name, Zone
from infra.plan.checks import check_world
from infra.plan.divisions import TIERS, Divisions, parse_divisions
from infra.plan.exemptions import Exemption, Exemptions
from infra.plan.files import read_text, read_yaml
from infra.plan.flavors import Flavors
from infra.plan.ledger import Ledger, parse_ledger
from infra.plan.network import SEGMENT6, Network, TransitSize, ZoneSize
from infra.plan.problems import FactsError, Problem
from infra.plan.sites import Site
from infra.plan.source import Source, parse
from infra.plan.stack import Stack
from infra.plan.systems import DepartmentEntry, SystemEntry
from infra.plan.waivers import FILE as WAIVERS
from infra.plan.waivers import Register, expired
from infra.plan.world import World

Model = TypeVar("Model", bound=BaseModel)
Named = TypeVar("Named", SystemEntry, Site)
Table = TypeVar("Table")
DEFAULTS = "defaults"
NOT_STACKS = ("network", "flavors", "departments", "exemptions")


class Departments(RootModel[dict[Name, DepartmentEntry]]):
    """stacks/departments.yaml: owners by name."""


def load(root: Path, today: date | None = None) -> World:
    """Read every file of the folder and prove the address plan; problems of all files come together.

    On a given day, waivers that have expired are problems too. Building leaves the day out: what was waived stands, and
    a recovery must not wait for paper.
    """
    reader = Reader(root)
    world = reader.world(needs_ledger=True)
    problems = [*reader.problems, *check_world(world)]
    if not any(problem.file.endswith((".csv", "/network.yaml")) for problem in reader.problems):
        problems += world.address_problems()
    if today:
        problems += expired(reader.register, world.sources.get(WAIVERS), today)
    if problems:
        raise FactsError(problems)
    return world


def load_unproved(root: Path) -> World:
    """Read and check everything but the addresses, for the one command that is about to allocate them."""
    reader = Reader(root)
    world = reader.world(needs_ledger=False)
    if problems := [*reader.problems, *check_world(world)]:
        raise FactsError(problems)
    return world


class Reader:
    """Reads files, and collects their problems instead of stopping at the first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.sources: dict[str, Source] = {}
        self.unread: set[str] = set()
        self.register = Register()

    def world(self, needs_ledger: bool) -> World:
        """Everything that could be read; what could not is in `unread`, and not told again by what names it."""
        divisions = self._table(parse_divisions, "divisions.csv") or Divisions({})
        fresh = not needs_ledger and not (self.root / "addresses.csv").exists()
        self.sources["addresses.csv"] = Source(f"{self.root.name}/addresses.csv")
        ledger = (None if fresh else self._table(parse_ledger, "addresses.csv")) or Ledger.of(())
        network = self._one(Network, "network.yaml") or _unread_network()
        flavors = self._one(Flavors, "flavors.yaml")
        departments = self._departments()
        systems = dict(self._folder(SystemEntry, "systems"))
        sites = dict(self._folder(Site, "sites"))
        stacks = {
            path.stem: stack
            for path in self._files("")
            if path.stem not in NOT_STACKS and not path.name.startswith("Pulumi.")
            if (stack := self._stack(path.name))
        }
        if (self.root / WAIVERS).exists():
            self.register = self._one(Register, WAIVERS) or Register()
        return World(
            divisions=divisions,
            network=network,
            flavors=flavors.root if flavors else {},
            departments=departments,
            systems=systems,
            sites=sites,
            stacks=stacks,
            exemptions=self._exemptions(),
            ledger=ledger,
            sources=self.sources,
            unread=frozenset(self.unread),
        )

    def _exemptions(self) -> tuple[Exemption, ...]:
        if not (self.root / "exemptions.yaml").exists():
            return ()
        found = self._one(Exemptions, "exemptions.yaml")
        return tuple(found.exemptions) if found else ()

    def _table(self, parser: Callable[[str, str], tuple[Table, tuple[Problem, ...]]], file: str) -> Table | None:
        name = f"{self.root.name}/{file}"
        text, problems = read_text(self.root / file, name)
        self.sources[file] = Source(name)
        self.problems += problems
        if text is None:
            return None
        table, faults = parser(text, name)
        self.problems += faults
        return table

    def _one(self, model: type[Model], file: str) -> Model | None:
        source, problems = self._read(file)
        return self._parsed(model, file, source, problems)

    def _stack(self, file: str) -> Stack | None:
        source, problems = self._read(file)
        if source and isinstance(source.data, dict) and "extends" in source.data:
            source = self._extended(source, problems)
        found = self._parsed(Stack, file, source, problems)
        return found.located() if found else None

    def _extended(self, source: Source, problems: list[Problem]) -> Source | None:
        """The file over the shared settings that it names; None when those can't be read."""
        name = str(source.data["extends"])
        known = {path.stem: path for path in self._files(DEFAULTS)}
        if name not in known:
            text = f"没有 {DEFAULTS}/{name}.yaml · no such shared settings; there are: {', '.join(known) or '-'}"
            problems.append(source.problem(("extends",), text))
            return None
        base, faults = self._read(f"{DEFAULTS}/{known[name].name}")
        problems += faults
        if base is None:
            return None
        if not isinstance(base.data, dict) or "extends" in base.data:
            text = (
                "共用设置须为键值表，且不再 extends · shared settings are a table of keys, without extends of their own"
            )
            problems.append(base.problem(("extends",), text))
            return None
        return source.over(base)

    def _read(self, file: str) -> tuple[Source | None, list[Problem]]:
        return read_yaml(self.root / file, f"{self.root.name}/{file}")

    def _parsed(self, model: type[Model], file: str, source: Source | None, problems: list[Problem]) -> Model | None:
        self.problems += problems
        self.sources[file] = source or Source(f"{self.root.name}/{file}")
        found = None
        if source is not None:
            found, faults = parse(model, source)
            told = {problem.key for problem in problems}
            self.problems += [fault for fault in faults if fault.key not in told]
        if found is None:
            self.unread.add(file.removesuffix(".yaml"))
        return found

    def _departments(self) -> dict[str, DepartmentEntry]:
        """A faulty department is left out by itself: the others still own what they own."""
        before = len(self.problems)
        if found := self._one(Departments, "departments.yaml"):
            return found.root
        data = self.sources["departments.yaml"].data
        faulty = {problem.key.partition(".")[0] for problem in self.problems[before:]}
        if not isinstance(data, dict) or "-" in faulty:
            return {}
        self.unread.remove("departments")
        self.unread |= {f"departments/{name}" for name in faulty}
        rest: dict[str, Any] = {name: value for name, value in data.items() if str(name) not in faulty}
        return Departments.model_validate(rest).root

    def _folder(self, model: type[Named], folder: str) -> Iterator[tuple[str, Named]]:
        titles: dict[tuple[str, str | None], str] = {}
        for path in self._files(folder):
            file = f"{folder}/{path.name}"
            found = self._one(model, file)
            if found is None:
                continue
            if found.name != path.stem:
                there = "，该名称已属于另一文件" if (path.parent / f"{found.name}.yaml").exists() else ""
                text = f"名称须与文件名一致：{path.stem}{there} · name must be that of the file: {path.stem}"
                self.problems.append(self.sources[file].problem(("name",), text))
            first = titles.setdefault((found.title, found.division), file)
            if first != file:
                text = f"与 {first} 同名：{found.title} · the same title as {first} in one division"
                self.problems.append(self.sources[file].problem(("title",), text))
            yield path.stem, found.model_copy(update={"name": path.stem})

    def _files(self, folder: str) -> list[Path]:
        """The folder's YAML files; one that would be passed over for its ending is told."""
        paths = sorted((self.root / folder).glob("*"))
        for path in paths:
            if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
                name = path.relative_to(self.root.parent).as_posix()
                self.problems.append(
                    Problem(name, 1, "-", "扩展名须为 .yaml · the ending must be .yaml; rename the file")
                )
        return [path for path in paths if path.suffix == ".yaml"]


def _unread_network() -> Network:
    """Stands in for a network.yaml that is told of: it has every zone, so that no other file is blamed."""
    lengths = Lengths(24, SEGMENT6)
    zones = {zone: ZoneSize(title=zone, sizes=dict.fromkeys(TIERS, lengths)) for zone in get_args(Zone)}
    transit = TransitSize(prefix=lengths, link=Lengths(29, SEGMENT6))
    return Network.model_construct(extranet=[], inner_network=[], levels={}, zones=zones, transit=transit)
