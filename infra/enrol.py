"""Shows an administrator's second factor once, on the screen of whoever hands it out: `python -m infra.enrol NAME`.

The seed is read from $GANYUN_SECRETS/totp, where hardening made it. It is written to a terminal and nowhere else: what
goes into a file or a pipe ends up in a log.
"""

import argparse
import os
import sys
from pathlib import Path

import pyotp
import segno

ISSUER = "ganyun"


def address(name: str, seed: str) -> str:
    """The otpauth address that every authenticator app understands."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=ISSUER)


def main() -> None:
    """Show address and QR code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="account of the administrator, as sysadm")
    name = parser.parse_args().name
    folder = Path(os.environ.get("GANYUN_SECRETS", ""), "totp")
    if not sys.stdout.isatty():
        sys.exit("动态口令种子只在终端上显示，不写入文件或管道 · shown on a terminal only, never in a file or pipe")
    known = sorted(path.name for path in folder.glob("[!.]*"))
    if name not in known:
        sys.exit(f"没有 {name} 的种子 · no seed; known: {', '.join(known) or '无 none'}. First: playbooks/harden.yml")
    shown = address(name, (folder / name).read_text(encoding="ascii").strip())
    segno.make(shown).terminal(compact=True)
    print(f"{shown}\n扫描后请清屏 · scan it, then clear the screen")


if __name__ == "__main__":
    main()
