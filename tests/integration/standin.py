# SPDX-License-Identifier: MIT
"""What stands in for systemd-resolved, in a mount namespace where /run/systemd is its own."""
import pathlib

from daemon import PROGRAM, Daemon

STANDIN = pathlib.Path(PROGRAM).with_name("ctresolved-resolved")
# packaging/dependencies unpacks it there: installed, it would take this machine's /etc/resolv.conf over.
UNPACKED = pathlib.Path("/var/cache/ctresolved-tests")
RESOLVECTL = UNPACKED / "usr/bin/resolvectl"


class StandIn(Daemon):
    program = ("unshare", "-m", "sh", "-c", 'mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && exec "$@"', "sh", str(STANDIN))
