"""Names the updates that wait for this host and the vulnerabilities that they mend, by the distribution's own data.

Usage: known_vulnerabilities [--remember]

Reads the package lists that apt fetched last, and of each waiting update the changelog in the package itself, so that
the platform's mirror is all that it needs. One line for the date of the data, then one an update:
    security NAME INSTALLED CANDIDATE DAY CVE…   from a security suite, or its changelog names a CVE
    unknown  NAME INSTALLED CANDIDATE DAY        the mirror doesn't say from which suite
    update   NAME INSTALLED CANDIDATE DAY        from a suite that is known to be another
DAY is when this host first saw it; with --remember it is kept. Software that apt doesn't know is not judged.
"""

from __future__ import annotations

import datetime
import gzip
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SEEN = Path("/var/lib/ganyun/known_vulnerabilities.json")
LISTS = Path("/var/lib/apt/lists")
SECURITY = re.compile(r"-security$|^Debian-Security$", re.IGNORECASE)
SUITE = re.compile(r"-(updates|backports|proposed-updates)$|^(old)*stable$", re.IGNORECASE)
ENTRY = re.compile(r"^\S+ \((?P<version>[^)]+)\) ", re.MULTILINE)
CVE = re.compile(r"\bCVE-\d{4}-\d{4,}\b")


def newer_entries(changelog: str, installed: str, compare: Any) -> str:
    """The changelog's part above the installed version."""
    for entry in ENTRY.finditer(changelog):
        if compare(entry["version"], installed) <= 0:
            return changelog[: entry.start()]
    return changelog


def kind(origins: Iterable[str], cves: Iterable[str]) -> str:
    """What an update is, by the names of where it comes from."""
    names = list(origins)
    if any(SECURITY.search(name) for name in names) or any(cves):
        return "security"
    return "update" if any(SUITE.search(name) for name in names) else "unknown"


def changelog(package: Path) -> str:
    """Debian's changelog in a package file; empty where it has none of its own."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {member.name.rpartition("/")[2]: member for member in tar.getmembers() if member.isfile()}
        for name in ("changelog.Debian.gz", "changelog.gz"):
            if name in files and files[name].name.startswith("./usr/share/doc/"):
                file = tar.extractfile(files[name])
                return gzip.decompress(file.read()).decode("utf-8", "replace") if file else ""
    return ""


def waiting() -> list[tuple[str, str, str, str, list[str]]]:
    """Kind, name, installed and candidate version, CVEs of each waiting update."""
    import apt  # noqa: PLC0415 - only hosts have it
    import apt_pkg  # noqa: PLC0415

    found = []
    quiet = apt.progress.base.AcquireProgress()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        for package in apt.Cache():
            if package.is_upgradable:
                now, new = package.installed.version, package.candidate
                text = changelog(Path(new.fetch_binary(folder, progress=quiet)))
                cves = sorted(set(CVE.findall(newer_entries(text, now, apt_pkg.version_compare))))
                origins = [name for one in new.origins for name in (one.archive, one.codename, one.label)]
                found.append((kind(origins, cves), package.name, now, new.version, cves))
    return found


def main() -> None:
    """Print what is known."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in LISTS.glob("*Release"))
    dates = {line.partition(": ")[2] for text in texts for line in text.splitlines() if line.startswith("Date: ")}
    print("data", "; ".join(sorted(dates)) or "无 none")
    seen = json.loads(SEEN.read_text()) if SEEN.exists() else {}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    days = {}
    for what, name, now, new, cves in waiting():
        days[f"{name} {new}"] = day = seen.get(f"{name} {new}", today)
        print(what, name, now, new, day, *cves)
    if "--remember" in sys.argv:
        SEEN.write_text(json.dumps(days))


if __name__ == "__main__":
    main()
