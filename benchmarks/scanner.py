"""An independent scanner's visit to a host: from the platform's own mirror, and gone again with all that it brought."""

import shlex
import subprocess

import typer

from disaster_recovery.shell import ssh

LIMIT_SECONDS = 900
STAYS = 99  # how VISIT ends where the scanner could not be removed
VISIT = """
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
folder=$(mktemp --directory)
packages() { dpkg-query --show --showformat '${Package}\\n' | sort; }
packages > "$folder/before"
leave() {
    packages | comm -13 "$folder/before" - | xargs -r apt-get -qq purge > /dev/null || stays=yes
    rm -r "$folder"
    [ -z "$stays" ] || exit 99
}
trap leave EXIT
cat > "$folder/given"
apt-get -qq install --no-install-recommends "$1" > /dev/null || exit
cd "$folder" && eval "$2"
"""


def visit(host: str, package: str, command: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a package's scanner as root, in a shell whose folder goes too and has what was given in the file `given`."""
    words = shlex.join(["sudo", "sh", "-c", VISIT, "sh", package, command])
    done = subprocess.run([*ssh(host), words], input=given, capture_output=True, check=False, timeout=LIMIT_SECONDS)
    if done.returncode == STAYS:
        raise typer.BadParameter(
            f"{host}: {package} 未能卸载 could not be removed again: {done.stderr.decode()[-500:]}"
        )
    return done
