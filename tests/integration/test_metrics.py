# SPDX-License-Identifier: MIT
"""MetricsListen=: what Prometheus reads, and what a server of few words does with others."""
import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import time

import pytest

from daemon import SANITIZED, Daemon
from dnsclient import ask

PORT = 9053
SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (-?[0-9.]+)')


@pytest.fixture(name="daemon")
def make_daemon(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    daemon.config.write_text(daemon.config.read_text() + f"[Control]\nMetricsListen=127.0.0.1:{PORT}\n")
    with daemon:
        yield daemon


def get(path="/metrics", method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    connection.request(method, path)
    return connection.getresponse()


def samples(text):
    """A strict reader of the text format 0.0.4: each name has its HELP and TYPE before it, once, and all its samples together."""
    found, kinds, last = {}, {}, None
    assert text.endswith("\n")
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in kinds and re.fullmatch(rf"# TYPE {name} (counter|gauge)", lines[i + 1])
            kinds[name] = last = lines[i + 1].split()[3]
            last = name
        elif not line.startswith("# TYPE "):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert name == last and (name, labels) not in found and name.startswith("ctresolved_")
            assert (kinds[name] == "counter") == name.endswith("_total")
            found[name, labels] = float(value)
    return found


def test_figures(daemon):
    """They count what happened, and are those of ctresolvectl statistics."""
    for i in range(5):
        ask(f"n{i}.example", "A")
    response = get()
    text = response.read().decode()
    assert response.status == 200 and response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(text)
    assert found["ctresolved_queries_received_total", None] == 5 and found["ctresolved_certificates_accepted_total", None] >= 1
    up = [(labels, value) for (name, labels), value in found.items() if name == "ctresolved_upstream_up"]
    assert len(up) == 1 and up[0][1] == 1 and 'protocol="tls"' in up[0][0]
    told = json.loads(daemon.ctl("statistics", "--json").stdout)
    names = {name for name, labels in found if labels is None}
    for name, value in told.items():
        assert {f"ctresolved_{name}", f"ctresolved_{name}_total"} & names, name
        if name.startswith(("queries", "cache", "cert")):
            assert value == found.get((f"ctresolved_{name}_total", None), found.get((f"ctresolved_{name}", None)))
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and done.stderr == "", done.stderr


def test_a_refused_upstream(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("no-sct"))
    daemon.config.write_text(daemon.config.read_text() + f"[Control]\nMetricsListen=127.0.0.1:{PORT}\n")
    with daemon:
        daemon.wait_for("event=refused")
        found = samples(get().read().decode())
    one, = (value for (name, _), value in found.items() if name == "ctresolved_upstream_refused")
    assert one == 1 and found["ctresolved_certificates_refused_total", None] >= 1 and found["ctresolved_certificates_accepted_total", None] == 0


@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 404), (b"GET /metricsx HTTP/1.1\r\n\r\n", 404), (b"POST /metrics HTTP/1.1\r\n\r\n", 405), (b"\r\n\r\n", 400),
    (b"GET /metrics HTTP/2.0\r\n\r\n", 400), (b"GET /metrics\r\n\r\n", 400), (b"x" * 4096, 400), (b"GET /metrics?a=b HTTP/1.0\r\n\r\n", 200),
    (b"HEAD /metrics HTTP/1.1\r\n\r\n", 200), (b"GET /metrics HTTP/1.1\r\nA: " + b"x" * 4000 + b"\r\n\r\n", 200), (b"x" * 100000, 400),
    (b"HEAD /x HTTP/1.1\r\n\r\n", 404), (b"GET /metrics HTTP/1.\x1b\r\n\r\n", 400), (b"GET /metrics\0 HTTP/1.1\r\n\r\n", 404),
    (b"GET /metrics HTTP/1.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", 200)])
def test_requests(daemon, request_, status):
    with socket.create_connection(("127.0.0.1", PORT), timeout=5) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(request_)
        answer = client.makefile("rb").read()
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1, "what comes behind a request is not another one"
    assert request_.startswith(b"HEAD") == (body == b"") and daemon.process.poll() is None
    if body:
        assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head


def test_slow_and_many(daemon):
    """Who says nothing, or a byte at a time, is closed after five seconds; a ninth makes the oldest go; queries go on."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", PORT), timeout=8)) for _ in range(40)]
        assert get().status == 200 and ask("www.example", "A").answer
        assert clients[0].recv(1) == b""
        began = time.monotonic()
        clients[-1].sendall(b"GET ")
        assert clients[-1].recv(1) == b"" and 3 < time.monotonic() - began < (20 if SANITIZED else 7)
    assert daemon.descriptors() < 60


def test_configuration(lab, tmp_path):
    """An address of others needs one more word; a reload moves it, and one that cannot be had changes nothing."""
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    plain = daemon.config.read_text() + "[Control]\n"
    with daemon:
        with pytest.raises(ConnectionRefusedError):
            get()
        for more, words in (("MetricsListen=10.53.0.1:9053", "MetricsAllowRemote=yes"), ("MetricsListen=[2001:db8::77]:9053\nMetricsAllowRemote=yes", "event=metrics")):
            daemon.config.write_text(plain + more + "\n")
            daemon.reload()
            daemon.wait_for(words)
        daemon.wait_for("event=reload-failed", times=2)
        daemon.config.write_text(plain + f"MetricsListen=0.0.0.0:{PORT}\nMetricsAllowRemote=yes\n")
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert get().status == 200
