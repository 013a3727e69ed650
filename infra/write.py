"""Writes files that only their owner reads, whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> bool:
    """Replace the file if its text differs; tell whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the start
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(aside).replace(path)
    return True
