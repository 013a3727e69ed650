"""Brings failure count, password history and umask into PAM's common stacks; runs on the host as root.

For distributions whose stacks are the files system-auth and password-auth. Lines of other modules stay as they are.
Prints the files that differ; with `--check` it leaves them alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

OURS = re.compile(r"(?m)^-?(?:auth|account|password|session)\s.*\bpam_(?:faillock|pwhistory|umask)\.so\b.*\n")
NULL = re.compile(r"(?m)^([^#\n]*pam_unix\.so[^\n]*?)\s+nullok(?:_secure)?\b")


def before(text: str, line: str, pattern: str) -> str:
    """The text with the line before the first that matches; a stack without such a line isn't understood."""
    found = re.search(rf"(?m)^{pattern}", text)
    if not found:
        raise ValueError(f"no line like {pattern}")
    return f"{text[: found.start()]}{line}\n{text[found.start() :]}"


def hardened(text: str, remembered: int) -> str:
    """A stack that counts failures, refuses locked accounts, empty and old passwords; running it twice is once."""
    text = NULL.sub(r"\1", OURS.sub("", text))
    text = before(text, "auth        required      pam_faillock.so preauth", r"auth\s+\S+\s+pam_unix\.so")
    end = r"auth\s+(?:requisite\s+pam_succeed_if\.so|required\s+pam_deny\.so)"
    text = before(text, "auth        [default=die] pam_faillock.so authfail", end)
    text = before(text, "account     required      pam_faillock.so", r"account\s+\S+\s+pam_unix\.so")
    history = f"password    requisite     pam_pwhistory.so remember={remembered} enforce_for_root use_authtok"
    text = before(text, history, r"password\s+\S+\s+pam_unix\.so")
    return before(text, "session     optional      pam_umask.so nousergroups", r"session\s+\S+\s+pam_unix\.so")


def main(remembered: int, names: list[str], check: bool) -> None:
    """Work on each file; a link leads to the file that holds the stack."""
    wanted = {}
    for path in (Path(name).resolve() for name in names):
        if "authselect" in path.parts:
            sys.exit(f"{path}: 由 authselect 管理，请先停用 belongs to authselect: opt out of it first")
        wanted[path] = hardened(path.read_text(encoding="utf-8"), remembered)
    for path, text in wanted.items():
        if path.read_text(encoding="utf-8") != text:
            print(path)
            if not check:
                fresh = path.with_name(f".{path.name}.ganyun")
                fresh.touch(mode=0o644)
                fresh.write_text(text, encoding="utf-8")
                fresh.replace(path)


if __name__ == "__main__":
    main(int(sys.argv[1]), [name for name in sys.argv[2:] if name != "--check"], "--check" in sys.argv)
