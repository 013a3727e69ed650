"""Loop devices that nova attached for instances' disks and that outlive a killed lab."""

import json
import os
from pathlib import Path

from lab.openstack.shell import run


def of(folder: Path) -> list[str]:
    """Loop devices whose file lies in the folder, by device and inode: names differ between mount namespaces."""
    listing = run(["losetup", "--list", "--json", "--output", "NAME,BACK-INO,BACK-MAJ:MIN"])
    if not listing.strip() or not folder.exists():
        return []
    files = {(path.stat().st_dev, path.stat().st_ino) for path in folder.rglob("*") if path.is_file()}
    devices = json.loads(listing)["loopdevices"]
    return [loop["name"] for loop in devices if (_device(loop["back-maj:min"]), int(loop["back-ino"])) in files]


def detach(folder: Path) -> None:
    """Let go of them all."""
    for name in of(folder):
        run(["losetup", "--detach", name])


def _device(numbers: str) -> int:
    major, minor = numbers.split(":")
    return os.makedev(int(major), int(minor))
