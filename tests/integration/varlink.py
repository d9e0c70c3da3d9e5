# SPDX-License-Identifier: MIT
"""What stands in for systemd-resolved, where /run/systemd is its own, and a client of its varlink sockets."""
import json
import os
import socket
import subprocess

import standin
from standin import RESOLVECTL, STANDIN, UNPACKED  # pylint: disable=unused-import # tests take them from here

NSS = next(UNPACKED.glob("usr/lib/*/libnss_resolve.so.2"), None) or next(UNPACKED.glob("lib/*/libnss_resolve.so.2"), None)
FOLDER = "/run/systemd/resolve"
RESOLVE, MONITOR, SERVICE, VARLINK = "io.systemd.Resolve", "io.systemd.Resolve.Monitor", "io.systemd.service", "org.varlink.service"
DNS, NO_SYNTHESIZE, NO_NETWORK, AUTHENTICATED, CONFIDENTIAL, SYNTHETIC, FROM_CACHE, FROM_NETWORK = (
    1 << bit for bit in (0, 11, 15, 9, 18, 19, 20, 23))


class Failed(Exception):
    """An error that came as a reply."""

    def __init__(self, reply):
        super().__init__(json.dumps(reply))
        self.name, self.parameters = reply["error"], reply["parameters"]


class Client:
    """A connection. Use as a context."""

    def __init__(self, path, seconds=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(str(path))
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, method, parameters=None, **flags):
        message = {"method": method, **flags}
        if parameters is not None:
            message["parameters"] = parameters
        self.socket.sendall(json.dumps(message).encode() + b"\0")

    def hear(self):
        """The next message; None: the connection has ended."""
        while b"\0" not in self.read:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:  # it had said more than was read
                more = b""
            if not more:
                assert not self.read, "the connection ended within a message"
                return None
            self.read += more
        message, self.read = self.read.split(b"\0", 1)
        return json.loads(message)

    def reply(self):
        message = self.hear()
        assert message is not None, "the connection has ended"
        if "error" in message:
            raise Failed(message)
        return message["parameters"]

    def call(self, method, parameters=None, **flags):
        self.say(method, parameters, **flags)
        return self.reply()

    def ended(self):
        return self.hear() is None


class StandIn(standin.StandIn):
    """The daemon, and its sockets."""

    def path(self, interface=RESOLVE):
        return f"/proc/{self.process.pid}/root{FOLDER}/{interface}"

    def connect(self, interface=RESOLVE):
        return Client(self.path(interface))

    def call(self, method, parameters=None, interface=RESOLVE, **flags):
        with self.connect(interface) as client:
            return client.call(f"{interface}.{method}", parameters, **flags)

    def call_control(self):
        """The statistics by the control socket: they cost no connection here."""
        return json.loads(self.ctl("statistics", "--json").stdout)

    def run(self, *command, user=None, seconds=30, library=None):
        """A program where it is; user: who it is, else root."""
        words = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command) if user else command
        return subprocess.run(self.within(*words), capture_output=True, text=True, check=False, timeout=seconds, env=environment(library))

    def within(self, *words):
        return ["nsenter", "-t", str(self.process.pid), "-m", *words]

    def getent(self, *words, service="resolve", **more):
        return self.run("getent", "-s", service, *words, library=NSS.parent, **more)


def environment(library=None):
    found = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"}
    return found | {"LD_LIBRARY_PATH": str(library)} if library else found
