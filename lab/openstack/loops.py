"""Loop devices that nova attached for instances' disks and that outlive a killed lab."""

import json

from lab.openstack.settings import LabSettings
from lab.openstack.shell import run


def of(lab: LabSettings) -> list[str]:
    """This lab's loop devices: their files lie, or lay until they were deleted, in the folder with the lab's name."""
    listing = run(["losetup", "--list", "--json", "--output", "NAME,BACK-FILE"])
    devices = json.loads(listing)["loopdevices"] if listing.strip() else []
    return [loop["name"] for loop in devices if f"/{lab.identity}/" in (loop["back-file"] or "")]


def detach(lab: LabSettings) -> None:
    """Let go of them all."""
    for name in of(lab):
        run(["losetup", "--detach", name])
