"""The images that the lab offers in glance, built from Debian packages and cached by the hash of their recipe."""

from pathlib import Path

from lab.images import golden, kernel, mirror
from lab.openstack import settings
from lab.openstack.locks import locked
from lab.openstack.progress import Progress

__all__ = ["build", "build_kernel"]


def build(progress: Progress) -> dict[str, Path]:
    """Image name → file, building what the cache lacks."""
    images = settings.load().cache / "images"
    with locked(images, wait=True):
        base = golden.build(images, progress)
        return {golden.NAME: base / "image.qcow2", mirror.NAME: mirror.build(images, progress) / "image.qcow2"}


def build_kernel(progress: Progress) -> tuple[str, Path]:
    """The name and the file of the image with a kernel of its own."""
    images = settings.load().cache / "images"
    with locked(images, wait=True):
        return kernel.NAME, kernel.build(images, progress) / "image.qcow2"
