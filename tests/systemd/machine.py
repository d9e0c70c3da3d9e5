#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A Debian machine with systemd as process 1, in namespaces of its own.

  machine.py build        make its root, unless it is there, and one of the programs of a newer systemd
  machine.py run CMD…     boot a fresh one, run CMD inside, and end it

Its root is kept in $CTRESOLVED_MACHINE, or /var/tmp/ctresolved-machine. As root.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("CTRESOLVED_MACHINE", "/var/tmp/ctresolved-machine"))
MIRROR = os.environ.get("CTRESOLVED_MIRROR", "http://deb.debian.org/debian")
NEWER = "forky"
PACKAGES = ("systemd systemd-sysv systemd-resolved libnss-resolve libnss-myhostname dbus polkitd network-manager knot knot-dnsutils "
            "bind9-dnsutils bind9-host iproute2 haproxy unbound dnsmasq-base python3-minimal procps ca-certificates libuv1 libldns3 "
            "libnghttp2-14 libc-ares2 libjansson4 libgnutls30 libpsl5").split()
# What would wait for devices, or set what is the machine's outside.
MASKED = ("systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-udev-trigger.service",
          "systemd-sysctl.service", "systemd-modules-load.service", "console-getty.service", "getty.target",
          "NetworkManager-wait-online.service")
SOURCE_DOWNLOAD = ('cd "$1/root" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q source --download-only systemd')
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}


def bootstrap(suite, root, packages, *more):
    """Debian's minimum and some packages in a folder. The mirror may be a snapshot, out of date."""
    subprocess.run(["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", '--aptopt=Acquire::Check-Valid-Until "false"',
                    f"--include={','.join(packages)}", *more, suite, root,
                    f"deb {MIRROR} {suite} main", f"deb-src {MIRROR} {suite} main"], check=True)


def build():
    """The root that all machines share. Returns its folder."""
    root = CACHE / "bookworm"
    if not root.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            made = pathlib.Path(folder) / "root"
            bootstrap("bookworm", made, PACKAGES, f"--customize-hook={SOURCE_DOWNLOAD}")
            for unit in MASKED:
                (made / "etc/systemd/system" / unit).symlink_to("/dev/null")
            (made / "etc/hosts").write_text("")
            made.rename(root)
    return root


def build_newer():
    """A layer with the programs of Debian's next systemd, in /newer. Returns its folder."""
    layer = CACHE / "newer"
    if not layer.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            bootstrap(NEWER, pathlib.Path(folder) / "root", ["systemd-resolved", "libnss-resolve"])
            made = pathlib.Path(folder) / "layer"
            made.mkdir(mode=0o755)
            (pathlib.Path(folder) / "root").rename(made / "newer")
            made.rename(layer)
    return layer


def groups():
    """Where the control groups of version 2 are: alone, or beside those of version 1."""
    top = pathlib.Path("/sys/fs/cgroup")
    return top if (top / "cgroup.procs").exists() else top / "unified"


class Machine:
    """Use as a context. `layers`: folders with files that it has besides."""

    def __init__(self, *layers):
        self.folders = [str(folder) for folder in (*layers, build())]
        self.group = groups() / f"ctresolved-machine-{os.getpid()}-{id(self)}"

    def join_group(self):
        (self.group / "cgroup.procs").write_text(str(os.getpid()))

    def __enter__(self):
        self.group.mkdir()
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["setpriv", "--pdeathsig", "SIGKILL", "unshare", "-m", "-p", "-f", "-n", "-u", "-i", "-C", "--kill-child=SIGKILL",
             HERE / "boot", ":".join(self.folders)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=self.join_group)
        try:
            self.init = int(self.process.stdout.readline())
            self.wait_for("systemctl is-system-running | grep -E 'running|degraded'")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.remove_group()

    def remove_group(self):
        """What was in it ends a little later than process 1."""
        end = time.monotonic() + 10
        for folder in sorted([self.group, *(p for p in self.group.rglob("*") if p.is_dir())], reverse=True):
            while folder.exists() and time.monotonic() < end:
                with contextlib.suppress(OSError):
                    folder.rmdir()
                time.sleep(0.01)

    def command(self, command):
        """A list, or a line for the shell; as it is to be run outside."""
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        return ["nsenter", "-t", str(self.init), "-m", "-p", "-n", "-u", "-i", "-C", "--", *words]

    def run(self, command, check=True, **more):
        """Returns what it said on both channels, unless told otherwise."""
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "text": True, **more}
        done = subprocess.run(self.command(command), env=ENVIRONMENT, check=False, **more)
        assert not check or done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout}"
        return done

    def wait_for(self, command, seconds=60):
        end = time.monotonic() + seconds
        while (done := self.run(command, check=False)).returncode != 0:
            assert time.monotonic() < end, f"{command}: never\n{done.stdout}"
            time.sleep(0.1)
        return done.stdout


def main(arguments):
    if arguments == ["build"]:
        print(build(), build_newer())
        return 0
    if len(arguments) < 2 or arguments[0] != "run":
        print(__doc__, file=sys.stderr)
        return 2
    with Machine() as machine:
        return machine.run(arguments[1:], check=False, stdin=None, stdout=None, stderr=None).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
