"""Pack disaster_recovery.host into one zip that Python runs as it is: one file to copy, equal bytes for equal sources.

Usage: pack.py PACKAGE_FOLDER ZIP
"""

import io
import sys
import zipfile
from pathlib import Path

OLDEST = (1980, 1, 1, 0, 0, 0)


def packed(folder: Path) -> bytes:
    """Return the archive, with the package at the place from which it is imported."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("disaster_recovery/__init__.py", OLDEST), "")
        for path in sorted(folder.glob("*.py")):
            archive.writestr(zipfile.ZipInfo(f"disaster_recovery/host/{path.name}", OLDEST), path.read_bytes())
    return buffer.getvalue()


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_bytes(packed(Path(sys.argv[1])))
