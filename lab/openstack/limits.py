"""The one limit of the machine that a lab needs raised: every instance's systemd, dbus and logind watch files as root.

Linux counts those watchers per user, 128 by default: the eighteenth instance would stop at its start without a word.
The old value is kept in the lab's state, and put back when the last lab ends.
"""

from pathlib import Path

from lab.openstack import inside
from lab.openstack.settings import LabSettings

WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
NEEDED = 4096


def _record(lab: LabSettings) -> Path:
    return lab.own / "watchers-before"


def raise_for(lab: LabSettings) -> None:
    """Allow as many watchers as a province of instances needs."""
    before = int(WATCHERS.read_text())
    if before < NEEDED:
        _record(lab).write_text(str(before))
        WATCHERS.write_text(str(NEEDED))


def restore(lab: LabSettings) -> None:
    """Put the old value back, unless another lab lives on it or somebody changed it since."""
    record = _record(lab)
    if record.exists() and int(WATCHERS.read_text()) == NEEDED and not inside.labs():
        WATCHERS.write_text(record.read_text())
    record.unlink(missing_ok=True)
