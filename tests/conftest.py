"""Hypothesis judges what it finds, not how long a busy machine takes; the garbage collector sees new objects alone."""

import gc

from hypothesis import HealthCheck, settings

settings.register_profile("ganyun", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ganyun")


def pytest_collection_finish() -> None:
    """Imported modules stay: looking through their million objects again and again took a fifth of all time."""
    gc.collect()
    gc.freeze()
