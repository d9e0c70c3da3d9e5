# SPDX-License-Identifier: MIT
"""A system bus of the test's own, what stands in for systemd-resolved on it, and its clients."""
import contextlib
import json
import os
import pathlib
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import pytest

pytest.importorskip("jeepney")

# pylint: disable=wrong-import-position
from jeepney import DBusAddress, HeaderFields, MessageFlag, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

import standin
from standin import RESOLVECTL, STANDIN

NAME, PATH = "org.freedesktop.resolve1", "/org/freedesktop/resolve1"
MANAGER = DBusAddress(PATH, NAME, NAME + ".Manager")
DBUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <auth>EXTERNAL</auth>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <allow send_type="signal"/>
    <allow send_destination="*"/>
    <allow eavesdrop="true"/>
  </policy>
  <policy user="root">
    {own}
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
  </policy>
</busconfig>
"""


class Bus:
    """dbus-daemon, with a socket in a folder that everybody can reach. Use as a context."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / "bus"
        self.address = f"unix:path={self.socket}"
        self.config = self.folder / "bus.conf"
        self.let_own()

    def let_own(self, own='<allow own="*"/>'):
        self.config.write_text(BUS_CONFIG.format(socket=self.socket, own=own))

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", f"--config-file={self.config}"],
            stderr=subprocess.DEVNULL)
        until(self.listens)

    def listens(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.socket)) == 0

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def connect(self):
        """A client's connection; use as a context."""
        return open_dbus_connection(self.address, auth_timeout=60)

    def call(self, address, method, signature=None, body=(), interactive=False):
        with self.connect() as client:
            return call(client, address, method, signature, body, interactive)

    def run(self, *command, user=None, seconds=60):
        """A client program; user: who it is, else root."""
        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command] if user else command
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds, env=self.environment())

    def resolvectl(self, *words, **more):
        return self.run(str(RESOLVECTL), "--no-pager", *words, **more)

    def busctl(self, *words, **more):
        return self.run("busctl", "--no-pager", *words, **more)

    def environment(self):
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address, "LC_ALL": "C", "SYSTEMD_COLORS": "0"}


class Halting:
    """Between the daemon and the bus: from the moment that it has passed these bytes on to the daemon, it passes nothing on any more. To
    the daemon it is its bus. Use as a context."""

    def __init__(self, bus, words):
        self.bus, self.words = bus, words
        self.socket = bus.folder / "halting"
        self.address = f"unix:path={self.socket}"
        self.halted, self.over = threading.Event(), threading.Event()

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self):
        daemon, _ = self.listener.accept()
        bus = socket.socket(socket.AF_UNIX)
        bus.connect(str(self.bus.socket))
        ways = {daemon: bus, bus: daemon}
        with daemon, bus:
            while not self.halted.is_set():
                for from_ in select.select(list(ways), [], [])[0]:
                    data = from_.recv(1 << 16)
                    if not data:
                        return
                    ways[from_].sendall(data)
                    if from_ is bus and self.words in data:
                        self.halted.set()
            self.over.wait()

    def __exit__(self, *_):
        self.over.set()
        self.listener.close()


def reply_of(client, seconds=60):
    """The next reply; signals, such as that the bus has given it a name, are none."""
    while (message := client.receive(timeout=seconds)).header.message_type == MessageType.signal:
        pass
    return message


class Failed(Exception):
    """An error that came as a reply: its name, and its text."""

    def __init__(self, reply):
        super().__init__(reply.header.fields[HeaderFields.error_name], *reply.body)
        self.name = reply.header.fields[HeaderFields.error_name].removeprefix(NAME + ".")
        self.text = reply.body[0] if reply.body else ""


def call(client, address, method, signature=None, body=(), interactive=False, seconds=60):
    message = new_method_call(address, method, signature, body)
    if interactive:
        message.header.flags |= MessageFlag.allow_interactive_authorization
    reply = client.send_and_get_reply(message, timeout=seconds)
    if reply.header.message_type == MessageType.error:
        raise Failed(reply)
    return reply.body


def get(client, address, name):
    """A property's value."""
    properties = DBusAddress(address.object_path, address.bus_name, "org.freedesktop.DBus.Properties")
    (_, value), = call(client, properties, "Get", "ss", (address.interface, name))
    return value


def link_address(index):
    digits = str(index)
    return DBusAddress(f"{PATH}/link/_3{digits[0]}{digits[1:]}", NAME, NAME + ".Link")


def until(condition, seconds=60):
    """Waits for it to become true, and returns what it was then."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.01)
    return found


class StandIn(standin.StandIn):
    """The daemon on a bus."""

    def __init__(self, bus, *words, **more):
        super().__init__(*words, **more)
        self.bus = bus

    def environment(self):
        return super().environment() | {"DBUS_SYSTEM_BUS_ADDRESS": self.bus.address}

    def start(self):
        super().start()
        self.wait_for("event=bus ", seconds=30)
        return self


class Monitor:
    """Signals, as busctl(1) sees them. Use as a context."""

    def __init__(self, bus):
        self.bus = bus

    def __enter__(self):
        self.file = self.bus.folder / "monitor"
        with self.file.open("w") as output:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                ["busctl", "monitor", NAME], stdout=output, stderr=output, env=self.bus.environment())
        until(lambda: "Monitoring bus" in self.text())
        return self

    def text(self):
        return self.file.read_text()

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def missing():
    """Why these tests cannot run; or None."""
    if not STANDIN.exists():
        return f"{STANDIN.name} was not built"
    for program in ("dbus-daemon", "busctl", "unshare"):
        if not shutil.which(program):
            return f"{program} is missing"
    if b"resolve1.Manager" not in STANDIN.read_bytes():
        return "built without resolve1"
    return None


NOBODY = 65534
INVALID = "org.freedesktop.DBus.Error.InvalidArgs"
LIMITS = "org.freedesktop.DBus.Error.LimitsExceeded"
needs_standin = pytest.mark.skipif(missing() is not None, reason=str(missing()))
needs_resolvectl = pytest.mark.skipif(not RESOLVECTL.exists(), reason="packaging/dependencies has not unpacked resolvectl")


@pytest.fixture(name="folder")
def make_folder():
    """One that clients of other users reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="ctresolved-bus-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture(name="bus")
def make_bus(lab, folder):
    with Bus(folder) as bus:
        yield bus


@pytest.fixture(name="daemon")
def make_daemon(lab, bus, folder):
    with StandIn(bus, lab, folder, lab.uri("good"), cache="yes") as daemon:
        yield daemon


@pytest.fixture(name="client")
def make_client(daemon, bus):
    with bus.connect() as client:
        yield client


@pytest.fixture(name="link")
def make_link(lab):
    """The index of a link named vpn0, which is up and has an address."""
    subprocess.run("ip link add vpn0 type veth peer name vpn0p && ip address add 10.99.0.2/24 dev vpn0 && "
                   "ip link set vpn0 up && ip link set vpn0p up", shell=True, check=True)
    try:
        yield index_of("vpn0")
    finally:
        subprocess.run(["ip", "link", "delete", "vpn0"], check=True)


def index_of(name):
    return json.loads(subprocess.run(["ip", "-j", "link", "show", name], capture_output=True, check=True).stdout)[0]["ifindex"]


def known(client, link):
    """The daemon has heard of the link."""
    def is_known():
        with contextlib.suppress(Failed):
            return call(client, MANAGER, "GetLink", "i", (link,))[0]
    return until(is_known)
