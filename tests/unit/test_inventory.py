"""What Ansible and ssh are told: the way in, pinned keys, and the facts that roles take."""

import stat
from pathlib import Path
from typing import Any

import pytest

from infra.contract import Contract, ContractError, read
from infra.inventory import Access, known_hosts, render, ssh_config
from infra.write import write_private

WAY = Access(Path("/state/known_hosts"), Path("/state/ssh_config"), Path("/secrets/ssh/operator"))
RECOVERY = {"rpo_seconds": 300, "rto_seconds": 1800, "standard": "GB/T 20988-2025", "level": 5}


def host(number: int, function: str, zone: str, **more: Any) -> dict[str, Any]:
    return {
        "address": f"10.0.0.{number}",
        "address6": f"fd00::{number}",
        "key": f"ssh-rsa KEY{number} Generated-by-Nova",
        "functions": [function],
        "system": "website",
        "owner": "office",
        "zone": zone,
        "level": 2,
        "site": "primary",
        "holds_data": False,
        "floating_address": None,
        "virtual_address": None,
        "virtual_address6": None,
        "flows_in": [{"peer": "10.0.0.1/32", "protocol": "tcp", "ports": [22]}],
        "flows_out": [],
        "recovery": RECOVERY,
        **more,
    }


OUTPUTS: dict[str, Any] = {
    "version": 3,
    "login": "ganyun",
    "hosts": {
        "bastion-1": host(1, "bastion", "access", floating_address="198.51.100.1"),
        "gw-1": host(2, "web_gateway", "public", virtual_address="10.0.0.9", virtual_address6="fd00::9"),
        "web-1": host(3, "web_node", "shared"),
    },
    "systems": {"website": {"title": "网站", "owner": "office", "division": "1", "level": 2, "recovery": RECOVERY}},
    "sites": [{"name": "portal", "host": "portal.test", "title": "门户", "owner": "office", "division": "1"}],
    "zones": {"1/shared": "10.0.0.0/24"},
    "zones6": {"1/shared": "fd00::/64"},
    "extranet": ["10.0.0.0/9"],
    "extranet6": ["fd00::/32"],
    "mirror_url": "http://10.0.0.5/debian",
    "site_address": "198.51.100.2",
}


@pytest.fixture
def contract() -> Contract:
    return read(OUTPUTS, "lab")


def test_a_stack_without_hosts_has_an_inventory_of_none() -> None:
    """A city whose hosts are not there yet, or reached by way of the province's exit."""
    empty = read({**OUTPUTS, "hosts": {}, "site_address": None}, "lab")
    found = render(empty, WAY)
    assert found["_meta"] == {"hostvars": {}}
    assert found["all"]["children"] == []
    assert known_hosts(empty) == ""
    assert ssh_config(empty, WAY).startswith("Host *\n")


def test_every_host_key_is_pinned_under_every_name_of_the_host(contract: Contract) -> None:
    assert known_hosts(contract).splitlines() == [
        "bastion-1,10.0.0.1,198.51.100.1,fd00::1 ssh-rsa KEY1",
        "gw-1,10.0.0.2,fd00::2 ssh-rsa KEY2",
        "web-1,10.0.0.3,fd00::3 ssh-rsa KEY3",
    ]


def test_every_host_but_the_bastion_is_reached_by_way_of_it(contract: Contract) -> None:
    blocks = ssh_config(contract, WAY).split("\n\n")
    jumps = {block.split()[1]: "ProxyJump bastion-1" in block for block in blocks}
    assert jumps == {"bastion-1": False, "gw-1": True, "web-1": True, "*": False}
    assert "HostName 198.51.100.1" in blocks[0]


def test_host_key_checking_stays_on_everywhere(contract: Contract) -> None:
    text = ssh_config(contract, WAY)
    assert text.count("StrictHostKeyChecking yes") == 1
    assert text.split("\n\n")[-1].startswith("Host *\n")
    assert "UserKnownHostsFile /state/known_hosts" in text
    hostvars = render(contract, WAY)["_meta"]["hostvars"]
    assert {facts["ansible_ssh_common_args"] for facts in hostvars.values()} == {"-F /state/ssh_config"}


def test_groups_tell_function_zone_level_system_and_site(contract: Contract) -> None:
    inventory = render(contract, WAY)
    of = {group for group, content in inventory.items() if "web-1" in content.get("hosts", [])}
    assert of == {"web_node", "zone_shared", "level_2", "system_website", "site_primary"}
    assert set(inventory["all"]["children"]) == set(inventory) - {"all", "_meta"}


def test_roles_get_flows_recovery_and_addresses(contract: Contract) -> None:
    inventory = render(contract, WAY)
    gateway = inventory["_meta"]["hostvars"]["gw-1"]
    assert gateway["ganyun_flows_in"] == [{"from": "10.0.0.1/32", "protocol": "tcp", "ports": [22]}]
    assert (gateway["ansible_host"], gateway["ganyun_address6"]) == ("10.0.0.2", "fd00::2")
    assert (gateway["ganyun_virtual_address"], gateway["ganyun_virtual_address6"]) == ("10.0.0.9", "fd00::9")
    assert gateway["ganyun_recovery"] == RECOVERY
    assert "ganyun_virtual_address" not in inventory["_meta"]["hostvars"]["web-1"]
    everywhere = inventory["all"]["vars"]
    assert everywhere["ganyun_bastion_addresses"] == ["10.0.0.1", "fd00::1"]
    assert everywhere["ganyun_extranet_blocks"] == ["10.0.0.0/9", "fd00::/32"]
    assert everywhere["ganyun_site_address"] == "198.51.100.2"
    assert everywhere["ganyun_sites"] == OUTPUTS["sites"]


@pytest.mark.parametrize("outputs", [{}, {**OUTPUTS, "version": 2}, None])
def test_a_missing_or_older_contract_is_a_clear_error(outputs: Any) -> None:
    with pytest.raises(ContractError, match="run: pulumi up --stack lab"):
        read(outputs, "lab")


def test_files_are_private_whole_and_only_written_when_changed(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    assert write_private(path, "one\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert not write_private(path, "one\n")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert write_private(path, "two\n")
    assert [file.name for file in tmp_path.iterdir()] == ["known_hosts"]


def test_a_stack_without_sites_has_an_inventory_too() -> None:
    """Pulumi leaves out an output that is null."""
    outputs = {name: value for name, value in OUTPUTS.items() if name != "site_address"}
    assert render(read(outputs, "lab"), WAY)["all"]["vars"]["ganyun_site_address"] is None
