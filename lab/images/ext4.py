"""Turn a Debian tree into what nova gives to an instance: a file system, packed."""

from pathlib import Path

from lab.openstack.shell import run

MIB = 1024 * 1024


def size_mib(used_mib: int) -> int:
    """Room for what is there, its inodes and a little more; nova grows the file system to the flavour's disk."""
    return used_mib * 115 // 100 + 64


def make(tree: Path, image: Path, label: str) -> None:
    """A file system with what is in the tree."""
    used = int(run(["du", "--summarize", "--one-file-system", "--block-size=1M", tree]).split()[0])
    with image.open("wb") as stream:
        stream.truncate(size_mib(used) * MIB)
    options = ["-m", "0", "-J", "size=8", "-E", "root_owner=0:0", "-L", label]
    run(["mke2fs", "-q", "-t", "ext4", *options, "-d", tree, image])


def pack(raw: Path, image: Path) -> None:
    """Compress a disk: glance and nova then move a quarter of the bytes."""
    run(["qemu-img", "convert", "-c", "-O", "qcow2", "-o", "compression_type=zstd", raw, image])
    raw.unlink()


def write(tree: Path, image: Path) -> None:
    """Make the file system and pack it; nova grows it to the flavour's disk."""
    partial = image.with_suffix(".raw")
    make(tree, partial, "root")
    pack(partial, image)
