# SPDX-License-Identifier: MIT
"""What people have: each finds names when /etc/resolv.conf points at the daemon."""
import http.server
import subprocess
import threading

import pytest

from daemon import Daemon

MAIN = "tls://1.1.1.1#one.one.one.one"
ADDRESS = "127.0.0.77"


@pytest.fixture(name="run", scope="module")
def make_run(lab, tmp_path_factory):
    """Runs a command in a mount namespace with a resolv.conf of its own."""
    folder = tmp_path_factory.mktemp("daemon")
    (folder / "resolv.conf").write_text(f"nameserver {ADDRESS}\noptions edns0 trust-ad timeout:3 attempts:1\nsearch example\n")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n")
    mounts = " && ".join(f"mount --bind {folder}/{name} /etc/{name}" for name in ("resolv.conf", "nsswitch.conf"))

    def run(*command):
        done = subprocess.run(["unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh", *command],
                              capture_output=True, text=True, check=False, timeout=20)
        return done.stdout + done.stderr

    with Daemon(lab, folder, MAIN, cache="yes", resolve=f"DNSStubListenerExtra={ADDRESS}"):
        yield run


def test_dig(run):
    assert run("dig", "+short", "www.example") == "192.0.2.1\n"
    assert run("dig", "+short", "+search", "www") == "192.0.2.1\n"
    assert "status: NXDOMAIN" in run("dig", "nothing.example")


def test_kdig(run):
    assert run("kdig", "+short", "www.example", "AAAA") == "2001:db8::1\n"
    assert run("kdig", "+tcp", "+short", "www.example") == "192.0.2.1\n"


def test_drill(run):
    assert "192.0.2.1" in run("drill", "www.example")


def test_getent(run):
    assert run("getent", "ahostsv4", "www.example").startswith("192.0.2.1 ")
    assert "2001:db8::1" in run("getent", "hosts", "www.example")
    assert "192.0.2.1" in run("getent", "ahostsv4", "www")
    assert run("getent", "hosts", "nothing.example") == ""


def test_python(run):
    script = "import socket; print(sorted({a[4][0] for a in socket.getaddrinfo('www.example', 80)}))"
    assert run("/usr/bin/python3", "-c", script) == "['192.0.2.1', '2001:db8::1']\n"
    assert "not known" in run("/usr/bin/python3", "-c", "import socket; socket.getaddrinfo('nothing.example', 80)")


def test_curl(run, tmp_path):
    (tmp_path / "page").write_text("found\n")
    handler = lambda *words: http.server.SimpleHTTPRequestHandler(*words, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert run("curl", "--silent", "--noproxy", "*", f"http://here.example:{server.server_port}/page") == "found\n"
        server.shutdown()
