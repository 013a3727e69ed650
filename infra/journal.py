"""Notes what a run makes as soon as its id is known, since Pulumi saves the state only when the run ends.

So a resource costs the same in a large stack (docs/adr/0015). A run that ends, by an error or Ctrl-C too, saves what
it made; one that is killed leaves things in the cloud that no state knows, and these notes beside the file backend's
state, from which the next run removes them (infra/leftovers.py).
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pulumi

SECOND = timedelta(seconds=1)  # history's times are whole seconds


class Made(NamedTuple):
    """A resource by its Pulumi type, and its id in the cloud."""

    type: str
    id: str


@dataclass(frozen=True)
class Killed:
    """When a run began that never ended, and what it made besides what the state knows, the newest first."""

    began: datetime
    made: Sequence[Made]


class Journal:
    """One stack's notes; `deployment` is its state as `pulumi stack export` has it before the run."""

    def __init__(self, path: Path, deployment: Mapping[str, Any]) -> None:
        self._path = path
        self._saved = datetime.fromisoformat(deployment["manifest"]["time"])
        self._known = {Made(one["type"], one["id"]) for one in deployment.get("resources") or [] if "id" in one}
        self._began = False

    @classmethod
    def beside(cls, backend: str, stack: str, deployment: Mapping[str, Any]) -> "Journal | None":
        """None where the backend is no folder: it has to save at each step, or keep a journal of its own."""
        folder = backend.removeprefix("file://")
        return cls(Path(folder, "journal", f"{stack}.jsonl"), deployment) if folder != backend else None

    @property
    def left(self) -> bool:
        """Whether an earlier run noted anything."""
        return self._path.exists()

    def killed(self, history: Iterable[Mapping[str, Any]]) -> Killed | None:
        """The earlier run, unless it ended and so has saved its state, or was another stack's of that name.

        `history` is what `pulumi stack history --json` tells: it has every run of this stack that ended, and none of a
        stack that was removed. What the earlier run began with has to be this state, or one that such a run saved.
        Notes that mean nothing any more are forgotten.
        """
        first, *notes = (json.loads(line) for line in self._path.read_text().splitlines())
        began, saved = datetime.fromisoformat(first["began"]), datetime.fromisoformat(first["saved"])
        ended = list(history)
        ours = saved == self._saved or (saved < self._saved and any(_spans(one, saved) for one in ended))
        if not ours or any(one["kind"] == "update" and _spans(one, began) for one in ended):
            self.forget()
            return None
        made = dict.fromkeys(Made(**note) for note in reversed(notes))
        return Killed(began, [one for one in made if one not in self._known])

    def forget(self) -> None:
        """Nothing of the earlier run is left."""
        self._path.unlink()

    async def keep(self, resources: Mapping[tuple[str, str], pulumi.Resource]) -> None:
        """Note each of these, by type and name, once it has an id."""
        custom = {key: one for key, one in resources.items() if isinstance(one, pulumi.CustomResource)}
        await asyncio.gather(*(self._note(kind, one) for (kind, _), one in custom.items()))

    async def _note(self, kind: str, resource: pulumi.CustomResource) -> None:
        made = Made(kind, str(await resource.id.future()))
        if made not in self._known:
            self._write(made._asdict())

    def _write(self, note: Mapping[str, str]) -> None:
        lines = [note]
        if not self._began:
            self._path.parent.mkdir(exist_ok=True)
            self._path.unlink(missing_ok=True)
            lines.insert(0, {"began": datetime.now(UTC).isoformat(), "saved": self._saved.isoformat()})
            self._began = True
        with self._path.open("a") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))


def _spans(update: Mapping[str, Any], moment: datetime) -> bool:
    start, end = (datetime.fromisoformat(update[key]) for key in ("startTime", "endTime"))
    return start <= moment <= end + SECOND
