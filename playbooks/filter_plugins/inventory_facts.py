"""Lists of hosts for roles, made from the inventory's facts: roles take plain arguments and know no inventory."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def named_addresses(hostvars: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> list[dict[str, str]]:
    """Name and address of each host, by name."""
    return [{"name": name, "address": str(hostvars[name]["ansible_host"])} for name in sorted(names)]


def expected_hosts(
    hostvars: Mapping[str, Mapping[str, Any]], names: Iterable[str], backed_up: Iterable[str]
) -> list[dict[str, Any]]:
    """What the monitor has to know of each host, by name; with a recovery point objective where backups are made."""
    hosts: list[dict[str, Any]] = []
    clients = set(backed_up)
    for entry in named_addresses(hostvars, names):
        facts = hostvars[entry["name"]]
        host = {**entry, **{key: facts[f"ganyun_{key}"] for key in ("zone", "level", "system", "site")}}
        if entry["name"] in clients:
            host["rpo_seconds"] = int(facts["ganyun_recovery"]["rpo_seconds"])
        hosts.append(host)
    return hosts


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Offer the functions by name."""
        return {"named_addresses": named_addresses, "expected_hosts": expected_hosts}
