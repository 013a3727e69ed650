"""Loads Jinja's filters and tests before Ansible forks: else each task's worker reads and compiles all of them anew."""

import gc

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader, test_loader


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Called by Ansible when a playbook starts (ADR 17)."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "workers"

    def v2_playbook_on_start(self, *_: object) -> None:
        """Have in memory what workers inherit, and keep the collector from touching, and so copying, those pages."""
        for loader in (filter_loader, test_loader):
            list(loader.all())
        gc.freeze()
