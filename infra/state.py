"""Reads a stack's state and outputs by Pulumi's own command: for programs besides the stack's own, and other stacks."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from infra.contract import Contract, read

PROJECT = "openstack:identity/project:Project"
BELOW = "ganyun:infra:Below$"
FORESEEING = "GANYUN_FORESEEING"  # set for the program while `foreseen` has it previewed: so that it doesn't ask again


class StateError(RuntimeError):
    """Pulumi is not there, has no such stack, or can't open it."""


def _call(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["pulumi", *words, "--non-interactive"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **variables})
    except FileNotFoundError:
        raise StateError(
            "找不到 pulumi，请先 source ./activate · pulumi is not on PATH: source ./activate first"
        ) from None


def _pulumi(*words: str) -> Any:
    done = _call(*words)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:]
        raise StateError(f"pulumi {' '.join(words)}：失败 failed: {''.join(said)}")
    return json.loads(done.stdout)


def deployment(stack: str) -> dict[str, Any]:
    """The state, as `pulumi stack export` has it."""
    found: dict[str, Any] = _pulumi("stack", "export", "--stack", stack)["deployment"]
    return found


def resources(stack: str) -> list[dict[str, Any]]:
    """Every resource in the state; none before the first `pulumi up`."""
    return deployment(stack).get("resources") or []


def history(stack: str) -> list[dict[str, Any]]:
    """The newest runs of Pulumi on the stack that have ended."""
    found: list[dict[str, Any]] = _pulumi("stack", "history", "--json", "--page-size", "100", "--stack", stack)
    return found


def foreseen(stack: str) -> list[dict[str, Any]]:
    """Every step that `pulumi up` would take now, as its preview has them; what stops that preview is a StateError."""
    done = _call("preview", "--json", "--stack", stack, **{FORESEEING: "yes"})
    told = json.loads(done.stdout or "{}")
    if done.returncode:
        errors = [one["message"].strip() for one in told.get("diagnostics", []) if one["severity"] == "error"]
        raise StateError("\n".join(errors) or done.stderr.strip())
    return told.get("steps") or []


def own_projects(resources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Names of the projects that the stack builds in, by id; those that it made for a stack below are that one's."""
    found = (one for one in resources if one["type"] == PROJECT and "id" in one and BELOW not in one["urn"])
    return {one["id"]: one["outputs"]["name"] for one in found}


def outputs(stack: str, *, secrets: bool = False) -> Contract:
    """A stack's contract; raises ContractError when it has none, or an older one."""
    words = ["stack", "output", "--json", "--stack", stack]
    return read(_pulumi(*words, *(["--show-secrets"] if secrets else [])), stack)
