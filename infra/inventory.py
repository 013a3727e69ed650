"""Turns a contract into an Ansible inventory, a known_hosts and an ssh_config."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.contract import Contract, HostFacts


@dataclass(frozen=True)
class Access:
    """Files of one installation."""

    known_hosts: Path
    ssh_config: Path
    key: Path


def bastions(contract: Contract) -> dict[str, HostFacts]:
    """The hosts that stand at the way in."""
    return {name: host for name, host in contract.hosts.items() if host.zone == "access" and host.floating_address}


def reached_at(host: HostFacts) -> str:
    """The address that an operator's machine, or the bastion, connects to."""
    return host.floating_address or host.address if host.zone == "access" else host.address


def known_hosts(contract: Contract) -> str:
    """Every host's key under every name and address that it is reached by."""
    return "".join(
        f"{','.join(dict.fromkeys([name, host.address, reached_at(host), host.address6]))} {_key(host)}\n"
        for name, host in sorted(contract.hosts.items())
    )


def _key(host: HostFacts) -> str:
    return " ".join(host.key.split()[:2])


def ssh_config(contract: Contract, way: Access) -> str:
    """For `ssh -F`, testinfra, and Ansible's jump."""
    gates = bastions(contract)
    common = [
        f"User {contract.login}",
        f"IdentityFile {way.key}",
        "IdentitiesOnly yes",
        f"UserKnownHostsFile {way.known_hosts}",
        "GlobalKnownHostsFile /dev/null",
        "StrictHostKeyChecking yes",
        "UpdateHostKeys no",
        "PasswordAuthentication no",
        "ServerAliveInterval 15",
    ]
    blocks = []
    for name, host in sorted(contract.hosts.items()):
        lines = [f"HostName {reached_at(host)}"]
        if name not in gates and gates:
            lines.append(f"ProxyJump {next(iter(gates))}")
        names = " ".join(dict.fromkeys([name, host.address, reached_at(host)]))
        blocks.append("\n    ".join([f"Host {names}", *lines]))
    blocks.append("\n    ".join(["Host *", *common]))
    return "\n\n".join(blocks) + "\n"


def render(contract: Contract, way: Access) -> dict[str, Any]:
    """Ansible's `--list`."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, host in contract.hosts.items():
        labels = [
            *host.functions,
            f"zone_{host.zone}",
            f"level_{host.level}",
            f"system_{host.system.replace('-', '_')}",
            f"site_{host.site}",
        ]
        for group in labels:
            groups[group].append(name)
    return {
        "all": {"children": sorted(groups), "vars": _everywhere(contract, way)},
        **{group: {"hosts": hosts} for group, hosts in sorted(groups.items())},
        "_meta": {"hostvars": {name: _host(host, way) for name, host in contract.hosts.items()}},
    }


def _everywhere(contract: Contract, way: Access) -> dict[str, Any]:
    return {
        "ansible_user": contract.login,
        "ansible_ssh_private_key_file": str(way.key),
        "ganyun_bastion_addresses": [
            address for host in bastions(contract).values() for address in (host.address, host.address6)
        ],
        "ganyun_mirror_url": contract.mirror_url,
        "ganyun_sites": [site.model_dump() for site in contract.sites],
        "ganyun_site_address": contract.site_address,
        "ganyun_extranet_blocks": [*contract.extranet, *contract.extranet6],
    }


def _host(host: HostFacts, way: Access) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ansible_host": host.address,
        "ganyun_address6": host.address6,
        # This file tells the way to each address; the jump reads it too, and so knows key and known_hosts.
        "ansible_ssh_common_args": f"-F {way.ssh_config}",
        "ganyun_zone": host.zone,
        "ganyun_level": host.level,
        "ganyun_system": host.system,
        "ganyun_owner": host.owner,
        "ganyun_site": host.site,
        "ganyun_holds_data": host.holds_data,
        "ganyun_flows_in": [{"from": f.peer, "protocol": f.protocol, "ports": f.ports} for f in host.flows_in],
        "ganyun_flows_out": [{"to": f.peer, "protocol": f.protocol, "ports": f.ports} for f in host.flows_out],
        "ganyun_recovery": host.recovery.model_dump(),
    }
    if host.virtual_address:
        found["ganyun_virtual_address"] = host.virtual_address
        found["ganyun_virtual_address6"] = host.virtual_address6
    return found
