"""Hypothesis judges what it finds, not how long a busy machine takes; the garbage collector sees new objects alone."""

import gc

from hypothesis import HealthCheck, settings

settings.register_profile("ganyun", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ganyun")
gc.set_threshold(300_000, 20, 20)  # what a test makes stays until it ends: to look again took a fifth of the time


def pytest_collection_finish() -> None:
    """Imported modules stay: looking through their million objects again and again took a fifth of all time."""
    gc.collect()
    gc.freeze()
