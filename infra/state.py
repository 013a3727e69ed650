"""Reads a stack's state by Pulumi's own command, for those who must know what it holds beyond the program's outputs."""

import json
import subprocess
from typing import Any


class StateError(RuntimeError):
    """Pulumi has no such stack, or can't open it."""


def resources(stack: str) -> list[dict[str, Any]]:
    """Every resource in the state, as `pulumi stack export` has it; none before the first `pulumi up`."""
    command = ["pulumi", "stack", "export", "--stack", stack]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StateError(f"读不到 stack {stack} 的状态 · no state of stack {stack}: {done.stderr.strip()}")
    return json.loads(done.stdout)["deployment"].get("resources") or []
