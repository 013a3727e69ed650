"""What outlives a lab so that the next one starts sooner, and its removal: without whatever else lies beside it."""

import shutil
from contextlib import suppress

from lab.paths import Paths


def forget(paths: Paths) -> None:
    """Remove what ganyun itself put into the cache's folder, and the folder if nothing of others is in it."""
    for folder in (paths.lab_cache, paths.toolchain):
        if folder.exists():
            shutil.rmtree(folder)
    with suppress(OSError):
        paths.cache.rmdir()
