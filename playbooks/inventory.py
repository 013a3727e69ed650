#!/usr/bin/env python3
"""The hosts as Pulumi made them, as an Ansible inventory: host-key checking stays on, nothing is written by hand.

Reads `pulumi stack output --json` once, and leaves the same facts as $GANYUN_STATE/known_hosts and ssh_config, so that
`ssh -F $GANYUN_STATE/ssh_config <host>` takes the same way in.
"""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.contract import ContractError
from infra.inventory import Access, known_hosts, render, ssh_config
from infra.state import StateError, outputs
from infra.write import write_private


def settings() -> tuple[str, Access]:
    """Which stack is meant, and where the keys and files of this installation lie."""
    try:
        stack, state, secrets = (os.environ[name] for name in ("PULUMI_STACK", "GANYUN_STATE", "GANYUN_SECRETS"))
    except KeyError as error:
        raise ContractError(f"未设置 {error.args[0]} · not set: source ./activate first") from error
    return stack, Access(Path(state, "known_hosts"), Path(state, "ssh_config"), Path(secrets, "ssh", "operator"))


def main() -> None:
    """Answer Ansible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="the whole inventory (default)")
    parser.add_argument("--host", help="one host's variables")
    wanted = parser.parse_args()
    try:
        stack, way = settings()
        contract = outputs(stack)
    except (ContractError, StateError) as error:
        sys.exit(str(error))
    write_private(way.known_hosts, known_hosts(contract))
    write_private(way.ssh_config, ssh_config(contract, way))
    inventory = render(contract, way)
    answer = inventory["_meta"]["hostvars"].get(wanted.host, {}) if wanted.host else inventory
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
