"""Which functions ganyun installs by itself, and which are planned for but left to who brings the application.

A system's file may name any function: it gets hosts, addresses, firewalls, hardening, logs and metrics. What the hosts
then do is installed by a playbook for the functions below, and by nobody yet for all others: reports say so.
"""

from collections.abc import Iterable, Iterator

from infra.plan.systems import SystemEntry

WEB_NODE = "web_node"  # serves every site of its division, and of those below that have none
PROVIDED = frozenset(
    {
        "backup_vault",
        "bastion",
        "database",
        "log_vault",
        "monitor",
        "package_mirror",
        "web_gateway",
        WEB_NODE,
    }
)


def functions(system: SystemEntry) -> Iterator[str]:
    """Everything that the system's hosts do."""
    for name, function in system.functions.items():
        yield name
        yield from function.also


def unprovided(systems: Iterable[SystemEntry]) -> list[str]:
    """Functions that nothing installs, as <system>/<function>."""
    return [f"{system.name}/{name}" for system in systems for name in functions(system) if name not in PROVIDED]
