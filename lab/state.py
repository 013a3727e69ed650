"""The state folder before there is an OpenStack in it, and what a lab leaves beside it."""

import shutil

from lab.paths import Paths, stack_settings

# By these a folder without an OpenStack is known for ours: all that earlier steps and clients put there.
OWN = frozenset({"ansible", "cp", "known_hosts", "log", "pulumi", "secrets", "ssh_config", "steps.json"})


def remove_half_made(paths: Paths) -> None:
    """Remove the stack's settings, and the folder when no OpenStack was started in it and nothing else lies there."""
    stack_settings(paths).unlink(missing_ok=True)
    if paths.state.is_dir() and {entry.name for entry in paths.state.iterdir()} <= OWN:
        shutil.rmtree(paths.state)
