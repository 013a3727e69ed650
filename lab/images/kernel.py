"""The image with a kernel of its own: a disk that UEFI starts through Debian's signed shim, boot loader and kernel.

Only an instance under full emulation has a use for it, so it is built when one is asked for.
"""

import shutil
from pathlib import Path

from lab.images import ext4, golden, recipe
from lab.openstack import debian
from lab.openstack.progress import Progress
from lab.openstack.shell import run

NAME = "debian-12-kernel"
MIB = 1024 * 1024
ESP_MIB = 64
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"  # UEFI 2.10, table 5.7
ROOT_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"  # Discoverable Partitions Specification, root of x86-64
# Where firmware looks on a disk that it knows nothing of; and where Debian's signed boot loader looks for its menu.
LOADER = {
    "usr/lib/shim/shimx64.efi.signed": "BOOTX64.EFI",
    "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed": "grubx64.efi",
}
MENU = "search --set=root --label root\nconfigfile /boot/grub/grub.cfg\n"


def packages() -> tuple[str, ...]:
    """All that is in the image."""
    return (*recipe.packages().golden, *recipe.packages().kernel)


def fingerprint() -> str:
    """The recipe's name."""
    source = "".join((recipe.HERE / name).read_text() for name in ("kernel.py", "golden.py", "ext4.py"))
    units = (*recipe.MASKED, *recipe.DISABLED, *recipe.ENABLED)
    return debian.fingerprint(*packages(), *units, recipe.files("golden"), recipe.files("kernel"), source)


def build(images: Path, progress: Progress) -> Path:
    """Return the folder with `image.qcow2`, building it where it is missing."""
    ready = images / f"kernel-{fingerprint()}"
    if ready.is_dir():
        return ready
    partial = ready.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    tree = partial / "tree"
    with progress(f"{NAME} 带内核的系统镜像 image with a kernel"):
        debian.bootstrap(tree, packages(), log=images / "log" / "kernel.log")
        golden.publish_key(images, tree / recipe.KEYRING)
        golden.settle(tree, recipe.MASKED)
        shutil.copytree(recipe.HERE / "files" / "kernel", tree, dirs_exist_ok=True)
        write(tree, partial)
    shutil.rmtree(tree)
    partial.rename(ready)
    return ready


def write(tree: Path, work: Path) -> None:
    """Boot partition and root on one disk, packed."""
    boot, root, disk = work / "esp", work / "root", work / "disk"
    write_boot(tree, boot)
    (tree / "boot/efi").mkdir(exist_ok=True)
    ext4.make(tree, root, "root")
    size = root.stat().st_size // MIB
    with disk.open("wb") as stream:
        stream.truncate((1 + ESP_MIB + size + 1) * MIB)
    table = f"label: gpt\n1MiB,{ESP_MIB}MiB,{ESP_TYPE}\n{1 + ESP_MIB}MiB,{size}MiB,{ROOT_TYPE}\n"
    run(["sfdisk", "--quiet", disk], stdin=table)
    for part, offset in ((boot, 1), (root, 1 + ESP_MIB)):
        run(["dd", f"if={part}", f"of={disk}", "bs=1M", f"seek={offset}", "conv=notrunc,sparse", "status=none"])
    ext4.pack(disk, work / "image.qcow2")
    for each in (boot, root):
        each.unlink()


def write_boot(tree: Path, image: Path) -> None:
    """The EFI system partition: signed programs, and a line that leads to the menu on the root."""
    with image.open("wb") as stream:
        stream.truncate(ESP_MIB * MIB)
    run(["mkfs.vfat", "-n", "ESP", image])
    run(["mmd", "-i", image, "::EFI", "::EFI/BOOT", "::EFI/debian"])
    for source, name in LOADER.items():
        run(["mcopy", "-i", image, tree / source, f"::EFI/BOOT/{name}"])
    run(["mcopy", "-i", image, "-", "::EFI/debian/grub.cfg"], stdin=MENU)
