"""Whether the hosts still are what the last full playbook run made of them, so that `make up` need not run it again.

Two things decide: what the run read (roles, playbooks, facts), and which servers it worked on. What somebody changes by
hand on a host is not seen here; the audit sees that.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from infra.state import outputs, resources
from infra.write import write_private
from lab.paths import Paths

READ = ("roles", "playbooks", "stacks", "disaster_recovery", "ansible.cfg")
INSTANCE = "openstack:compute/instance:Instance"


def sources(paths: Paths) -> Iterator[Path]:
    """Every file that a playbook may read; Pulumi's own settings of stacks are none."""
    for name in READ:
        place = paths.home / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_file() and file.suffix != ".pyc" and not fnmatch(file.name, "Pulumi.*.yaml"):
                yield file


def servers() -> str:
    """The stack's servers and outputs; a secret one counts as such, since its cipher text is another in each state."""
    stack = os.environ["PULUMI_STACK"]
    ids = sorted(one["id"] for one in resources(stack) if one["type"] == INSTANCE)
    return json.dumps([ids, outputs(stack).model_dump(mode="json")], sort_keys=True)


def fingerprint(paths: Paths) -> str:
    """One value for all that decides."""
    digest = hashlib.sha256(servers().encode())
    for file in sources(paths):
        digest.update(f"\0{file.relative_to(paths.home)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def mark(paths: Paths) -> Path:
    """Where the value of the last complete run stands."""
    return paths.state / "settled"


def record(paths: Paths) -> None:
    """Note that the run is complete."""
    write_private(mark(paths), fingerprint(paths))


def holds(paths: Paths) -> bool:
    """Has nothing changed since?"""
    return mark(paths).exists() and mark(paths).read_text(encoding="utf-8") == fingerprint(paths)
