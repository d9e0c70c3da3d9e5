# SPDX-License-Identifier: MIT
"""The daemon under test: started where the lab's client lives, stopped with all that it promises checked."""
import os
import pathlib
import resource
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("CTRESOLVED", str(ROOT / "build/resolver/ctresolved"))
CTL = str(pathlib.Path(PROGRAM).with_name("ctresolvectl"))
CTCHECK = str(pathlib.Path(PROGRAM).parents[1] / "ctpolicy/ctcheck")
SANITIZED = pathlib.Path(PROGRAM).exists() and b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()
WORKERS = int(os.environ.get("CTRESOLVED_WORKERS", "1"))  # of those that do not say how many
ADDRESS, PORT = "127.0.0.1", 5300

CONFIG = """[Resolve]
DNS={upstreams}
DNSStubListener=no
DNSStubListenerExtra=127.0.0.1:{port}
DNSStubListenerExtra=[::1]:{port}
Cache={cache}
{resolve}
[Transport]
QueryTimeoutSec={timeout}
Workers={workers}
[Control]
Socket={socket}
[CertificateTransparency]
Policy={policy}
LogList={log_list}
TrustAnchors={lab}/anchors.pem
{more}
"""


class Daemon:
    """Use as a context: on leaving, SIGTERM must end it with exit status 0 and without a sanitizer's report."""

    program = (PROGRAM,)

    def __init__(self, lab, folder, upstreams, policy="chrome", timeout=5, port=PORT, descriptors=None, log_list=None,
                 clock=None, cache="no", resolve="", more="", workers=WORKERS):
        """clock: what the daemon believes the time to be at its start, as faketime(1) takes it.
        resolve: more lines of [Resolve]; more: other sections."""
        self.lab = lab
        self.clock = clock
        self.lines = {"cache": cache, "resolve": resolve, "more": more, "workers": workers}
        self.log_list = log_list or lab.folder / "log_list.json"
        self.port = port
        self.descriptor_limit = descriptors
        self.config = pathlib.Path(folder) / "ctresolved.conf"
        self.state = self.config.parent / "state"
        self.socket = self.config.parent / "control"
        self.log = ""
        self.write(upstreams, policy, timeout)

    def write(self, upstreams, policy="chrome", timeout=5):
        if not isinstance(upstreams, str):
            upstreams = " ".join(upstreams)
        self.config.write_text(CONFIG.format(
            upstreams=upstreams, policy=policy, timeout=timeout, port=self.port, lab=self.lab.folder,
            log_list=self.log_list, socket=self.socket, **self.lines))

    def start(self):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [*self.program, "-c", str(self.config)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            preexec_fn=self.limit, env=self.environment())
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.wait_for("event=ready")
        return self

    def environment(self):
        found = {**os.environ, "STATE_DIRECTORY": str(self.state)}
        if self.clock:
            library, = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
            found |= {"LD_PRELOAD": str(library), "FAKETIME": self.clock}
            if " x" not in self.clock:  # else all its clocks run faster
                found["DONT_FAKE_MONOTONIC"] = "1"
        return found

    def limit(self):
        if self.descriptor_limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptor_limit, self.descriptor_limit))

    def read(self):
        for line in self.process.stderr:
            self.log += line

    def wait_for(self, words, seconds=10, times=1):
        end = time.monotonic() + seconds
        while self.log.count(words) < times:
            assert time.monotonic() < end and self.process.poll() is None, f"no {words!r} in the log:\n{self.log}"
            time.sleep(0.005)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(15)
        self.reader.join(5)
        assert status == 0, f"exit status {status}:\n{self.log}"
        assert "Sanitizer" not in self.log and "runtime error" not in self.log, self.log

    def ctl(self, *words):
        """ctresolvectl with the daemon's configuration and state."""
        return subprocess.run([CTL, "-c", str(self.config), *words], capture_output=True, text=True, check=False, timeout=20,
                              env=self.environment())

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        try:
            self.stop()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


def tcp(timeout=8, port=PORT):
    """A client's connection to the daemon."""
    return socket.create_connection((ADDRESS, port), timeout=timeout)
