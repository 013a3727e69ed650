"""Keeps the interpreter and Pulumi's SDK from taking the time that a large stack needs: a third of its preview."""

import gc
import sys

import pulumi

SWITCH_SECONDS = 0.03  # the other threads only wait for Pulumi's engine; 0.005 has them take turns for nothing


def hasten() -> None:
    """Before anything is declared; for a process that declares one stack and ends.

    What is declared stays to the end, so the garbage collector looks through it again and again and finds nothing (8 MB
    more in the largest stack without it). And the SDK tells the engine five debug messages a resource, each by a call
    that all else waits for, whether or not someone asked to see them; none is sent.
    """
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    pulumi.log.debug = _untold


def _untold(*_: object, **__: object) -> None:
    """Stands for a message that nobody waits for."""
