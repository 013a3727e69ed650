"""The mark that the audit's own pytest declares: its checks are imported here as plain functions."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "control(item): the item of GB/T 22239-2019 that a check judges")
