"""OpenStack in a box: Debian 12's services in a root and namespaces of their own, reached over one veth pair."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.openstack.health import ServiceHealth
    from lab.openstack.lifecycle import status, up
    from lab.openstack.shell import LabError
    from lab.openstack.teardown import down

__all__ = ["LabError", "ServiceHealth", "down", "status", "up"]
HOMES = {"LabError": "shell", "ServiceHealth": "health", "down": "teardown"}


def __getattr__(name: str) -> Any:
    """Import on first use: the lab's first process and the builders need none of the clients behind these names."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"lab.openstack.{HOMES.get(name, 'lifecycle')}"), name)
