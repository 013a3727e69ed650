"""The same footing as the other end-to-end tests, on the lab that `make kernel` made."""

from tests.lab.conftest import on, reports, run, state

__all__ = ["on", "reports", "run", "state"]
