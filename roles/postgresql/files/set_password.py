#!/usr/bin/python3
"""Give a role the password on stdin, unless it has it already; says changed or unchanged.

Only the SCRAM verifier computed here is sent to the server: the password itself is in no statement and in no log.

Usage: set-password ROLE < password
"""

import base64
import hashlib
import hmac
import re
import secrets
import subprocess
import sys

ITERATIONS = 4096
VERIFIER = re.compile(r"^SCRAM-SHA-256\$(?P<iterations>\d+):(?P<salt>[^$]+)\$")


def verifier(password: str, salt: bytes, iterations: int) -> str:
    """Return what PostgreSQL stores (RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    words = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{words[0]}${words[1]}:{words[2]}"


def main() -> None:
    """Compare with the stored verifier and replace it if it belongs to another password."""
    role, password = sys.argv[1], sys.stdin.read().strip()
    present = _psql(role, "SELECT rolpassword FROM pg_authid WHERE rolname = :'role'")
    if (parts := VERIFIER.match(present)) and hmac.compare_digest(
        verifier(password, base64.b64decode(parts["salt"]), int(parts["iterations"])), present
    ):
        print("unchanged")
        return
    fresh = verifier(password, secrets.token_bytes(16), ITERATIONS)
    _psql(role, f"ALTER ROLE :\"role\" PASSWORD '{fresh}'")
    print("changed")


def _psql(role: str, sql: str) -> str:
    command = ["psql", "--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-v", f"role={role}", "-d", "postgres"]
    return subprocess.run(command, input=sql, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
