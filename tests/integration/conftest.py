# SPDX-License-Identifier: MIT
"""The lab, once a run. The tests themselves move into the client's namespace, so their sockets are there."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab"
sys.path.insert(0, str(LAB))
os.environ.setdefault("CTRESOLVED_LAB_ID", f"t{os.getpid()}")
os.environ["CTRESOLVED_LAB"] = f"/run/ctresolved-{os.environ['CTRESOLVED_LAB_ID']}"

if os.geteuid() == 0 and shutil.which("ip"):
    import servers

CLONE_NEWNET = 0x40000000


class Lab:
    """The lab as tests see it: its servers can be stopped, held and started again."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.id = os.environ["CTRESOLVED_LAB_ID"]
        self.upstream = f"ctr-{self.id}-u"

    def row(self, name):
        """What lab.json says of a personality."""
        rows = json.loads((self.folder / "lab.json").read_text())["personalities"]
        return next(row for row in rows if row["name"] == name)

    def uri(self, name):
        return self.row(name)["uri"]

    def statistics(self, frontend):
        """Its counters, once all its connections have ended: haproxy counts their bytes then."""
        end = time.monotonic() + 5
        while (counters := servers.statistics(self.folder)[frontend])["open"] > 0:
            assert time.monotonic() < end, f"a connection to {frontend} does not end"
            time.sleep(0.01)
        return counters

    def pid(self, server):
        return int((self.folder / f"{server}.pid").read_text())

    def hold(self, server):
        os.kill(self.pid(server), signal.SIGSTOP)

    def go_on(self, server):
        os.kill(self.pid(server), signal.SIGCONT)

    def kill(self, server):
        pid = self.pid(server)
        os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            while pathlib.Path(f"/proc/{pid}/stat").exists():
                time.sleep(0.01)

    def start_haproxy(self):
        servers.start("haproxy", servers.haproxy_command(self.folder), self.folder, self.upstream)
        servers.wait_for_haproxy(self.folder)

    def upstream_runs(self, *command, **keywords):
        return subprocess.run(["ip", "netns", "exec", self.upstream, *command], check=True, **keywords)

    def recorded(self):
        file = self.folder / "recorded"
        return [bytes.fromhex(line) for line in file.read_text().split()] if file.exists() else []


@pytest.fixture(scope="session", name="lab")
def make_lab():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    # Whatever ends this run also removes the lab.
    guard = subprocess.Popen([LAB / "lab", "guard"], stdin=subprocess.PIPE, start_new_session=True)
    subprocess.run([LAB / "lab", "up"], check=True)
    lab = Lab(os.environ["CTRESOLVED_LAB"])
    with open(f"/run/netns/ctr-{lab.id}-c", encoding="ascii") as namespace, open("/proc/self/ns/net", encoding="ascii") as home:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(namespace.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield lab
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)
            guard.communicate()
