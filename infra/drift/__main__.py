"""What changed in the cloud behind Pulumi's back, the worst first: `python -m infra.drift --stack lab`.

Looks only. Ends with 0 when nothing differs, with 3 when something does, with 1 when it could not look.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import openstack
import typer

from infra.contract import ContractError, TenancyFacts
from infra.drift.cloud import unmanaged
from infra.drift.findings import WORDS, Change, Thing, ranked
from infra.drift.report import write
from infra.grant import granted_by, territory, views
from infra.plan.build import build_plan
from infra.plan.commands import FACTS, Folder
from infra.plan.load import load
from infra.plan.problems import FactsError
from infra.state import StateError, resources

DIFFERS = 3


def refreshed(stack: str) -> list[dict[str, Any]]:
    """What `pulumi refresh` would write into the state, without writing it."""
    command = ["pulumi", "refresh", "--preview-only", "--json", "--non-interactive", "--stack", stack]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"无法读取云平台 · could not look: {(done.stderr or done.stdout).strip()[-2000:]}")
    steps: list[dict[str, Any]] = json.loads(done.stdout)["steps"]
    return steps


def changes(steps: list[dict[str, Any]]) -> Iterator[Change]:
    """The managed resources that differ."""
    for step in steps:
        old, new = step.get("oldState") or {}, step.get("newState")
        kind = step["urn"].split("::")[2].rpartition(":")[2]
        name = step["urn"].rpartition("::")[2]
        if new is None:
            yield Change(type=kind, name=name, gone=True, properties={})
        elif differing := _differing(old.get("outputs") or {}, new.get("outputs") or {}):
            yield Change(type=kind, name=name, gone=False, properties=differing)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        key: (old.get(key), new.get(key))
        for key in old.keys() | new.keys()
        if old.get(key) != new.get(key) and not key.startswith("__")
    }


def strangers(cloud: Any, state: list[dict[str, Any]], grant: TenancyFacts | None) -> Iterator[Thing]:
    """What lies in the stack's projects and neither its state nor the stack above knows."""
    known, projects = territory(state, grant)
    for view in views(cloud, grant):
        yield from unmanaged(view, known, projects, admin=grant is None)


def main(
    stack: Annotated[str, typer.Option(envvar="PULUMI_STACK", help="哪个 stack · which stack")],
    reports: Annotated[Path, typer.Option(envvar="GANYUN_REPORTS", help="报告目录 folder of reports")],
    facts: Folder = FACTS,
) -> None:
    """查找云平台上被手工改动之处 · Find what was changed by hand."""
    try:
        plan = build_plan(load(facts), stack)
        grant, state = granted_by(plan), resources(stack)
    except FactsError as error:
        sys.exit(error.report())
    except (ContractError, StateError) as error:
        sys.exit(str(error))
    found = ranked(strangers(openstack.connect(cloud=plan.login), state, grant), changes(refreshed(stack)))
    at = datetime.now().astimezone()
    page = write(reports / "drift" / f"{at:%Y%m%dT%H%M%S}-{stack}", stack, at, found)
    for one in found:
        typer.echo(f"{WORDS[one.severity]}  {one.resource}\n    {one.text}\n    → {one.mend}")
    told = f"{len(found)} 处差异 difference(s)" if found else "没有差异，云平台与数据一致 · nothing differs"
    typer.echo(f"{told}；报告 report: {page}")
    raise typer.Exit(DIFFERS if found else 0)


if __name__ == "__main__":
    typer.run(main)
