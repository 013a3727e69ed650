"""Roles get plain lists of hosts, the same whatever order the inventory has them in."""

from typing import Any

from playbooks.filter_plugins.inventory_facts import expected_hosts, named_addresses


def facts(address: str) -> dict[str, Any]:
    place = {"ganyun_zone": "shared", "ganyun_level": 2, "ganyun_system": "website", "ganyun_site": "primary"}
    return {"ansible_host": address, **place, "ganyun_recovery": {"rpo_seconds": 3600}}


HOSTS = {"web-2": facts("192.0.2.2"), "web-1": facts("192.0.2.1")}


def test_hosts_come_by_name() -> None:
    assert named_addresses(HOSTS, HOSTS) == [
        {"name": "web-1", "address": "192.0.2.1"},
        {"name": "web-2", "address": "192.0.2.2"},
    ]


def test_only_hosts_that_are_backed_up_have_an_objective() -> None:
    found = {host["name"]: host for host in expected_hosts(HOSTS, HOSTS, ["web-2"])}
    assert found["web-2"]["rpo_seconds"] == 3600
    assert "rpo_seconds" not in found["web-1"]
    assert found["web-1"]["zone"] == "shared"
