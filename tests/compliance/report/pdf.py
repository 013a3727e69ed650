"""The printed report: Chromium's own printing of the page; without Chromium there is none, and that is said."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SECONDS = 180


def pdf(page: Path) -> str:
    """Print a page beside itself; returns why there is no PDF, or nothing."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return f"未安装 chromium，没有生成 {page.stem}.pdf · no PDF, since chromium is not installed"
    target = page.with_suffix(".pdf")
    # Chromium refuses to sandbox itself for root.
    free = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory() as profile:
        command = [browser, *QUIET, *free, f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.as_uri()]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=True)
        except (subprocess.SubprocessError, OSError) as problem:
            return f"没有生成 {target.name} · no PDF: {type(problem).__name__}"
    return "" if target.exists() else f"没有生成 {target.name} · chromium wrote no PDF"
