#!/usr/bin/env python3
"""The hosts as Pulumi made them, as an Ansible inventory: host-key checking stays on, nothing is written by hand.

Reads `pulumi stack output --json` once, and leaves the same facts as $GANYUN_STATE/known_hosts and ssh_config, so that
`ssh -F $GANYUN_STATE/ssh_config <host>` takes the same way in.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.contract import Contract, ContractError, read
from infra.inventory import Access, known_hosts, render, ssh_config
from infra.write import write_private


def outputs() -> Contract:
    """The stack's contract."""
    command = ["pulumi", "stack", "output", "--json", "--non-interactive"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        text = "找不到 pulumi，请先 source ./activate · pulumi is not on PATH: source ./activate first"
        raise ContractError(text) from error
    if done.returncode:
        raise ContractError(f"读不到 stack 输出 · no stack outputs: {done.stderr.strip().splitlines()[-1]}")
    return read(json.loads(done.stdout))


def access() -> Access:
    """Where the keys and files of this installation lie."""
    try:
        state, secrets = Path(os.environ["GANYUN_STATE"]), Path(os.environ["GANYUN_SECRETS"])
    except KeyError as error:
        raise ContractError(f"未设置 {error.args[0]} · not set: source ./activate first") from error
    return Access(state / "known_hosts", state / "ssh_config", secrets / "ssh" / "operator")


def main() -> None:
    """Answer Ansible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="the whole inventory (default)")
    parser.add_argument("--host", help="one host's variables")
    wanted = parser.parse_args()
    try:
        contract, way = outputs(), access()
    except ContractError as error:
        sys.exit(str(error))
    write_private(way.known_hosts, known_hosts(contract))
    write_private(way.ssh_config, ssh_config(contract, way))
    inventory = render(contract, way)
    answer = inventory["_meta"]["hostvars"].get(wanted.host, {}) if wanted.host else inventory
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
