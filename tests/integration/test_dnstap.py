# SPDX-License-Identifier: MIT
"""DnstapSocket=: fstrm_capture takes it, dnstap-ldns reads it; a reader that is not there, or does not read, costs nothing but its own."""
import json
import re
import shutil
import socket
import struct
import subprocess
import time

import dns.message
import pytest

from daemon import SANITIZED, Daemon
from dnsclient import ask, dig, udp_socket

ACCEPT = struct.pack(">IIIII", 0, 34, 1, 1, 22) + b"protobuf:dnstap.Dnstap"


@pytest.fixture(name="tapped")
def make_tapped(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    daemon.config.write_text(daemon.config.read_text() + f"[Control]\nDnstapSocket={tmp_path}/tap\n")
    return daemon


def listening(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(5)
    return listener


def dropped(daemon):
    return json.loads(daemon.ctl("statistics", "--json").stdout)["dnstap_dropped"]


@pytest.mark.skipif(not shutil.which("fstrm_capture") or not shutil.which("dnstap-ldns"), reason="fstrm_capture or dnstap-ldns is missing")
def test_a_real_reader(tapped, tmp_path):
    with subprocess.Popen(["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", tmp_path / "tap", "-w", tmp_path / "out"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as reader:
        while not (tmp_path / "tap").exists():
            time.sleep(0.01)
        with tapped:
            tapped.wait_for("event=dnstap")
            assert dig("www.example").answers and dig("+tcp", "WWW.example", "AAAA").answers
            tapped.ctl("query", "www.example")  # which is no client's
        reader.terminate()
    told = subprocess.run(["dnstap-ldns", "-y", "-r", tmp_path / "out"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"type: (CLIENT_\w+)", told) == ["CLIENT_QUERY", "CLIENT_RESPONSE"] * 2, told
    assert re.findall(r"socket_protocol: (\w+)", told) == ["UDP", "UDP", "TCP", "TCP"] and told.count("WWW.example.") >= 2
    assert 'version: "ctresolved ' in told and "query_address: \"127.0.0.1\"" in told and "192.0.2.1" in told and "2001:db8::1" in told
    year = time.strftime("%Y", time.gmtime())
    assert len(re.findall(rf"(?:query|response)_time: !!timestamp {year}-", told)) == 6, told


def test_frames(tapped, tmp_path):
    """The messages are those that came and went, byte by byte; what is there is said in order, and to its end."""
    listener = listening(tmp_path / "tap")
    query = dns.message.make_query("www.example", "A")
    with tapped:
        reader, _ = listener.accept()
        ready = reader.recv(4096)
        assert ready == struct.pack(">IIIII", 0, 34, 4, 1, 22) + b"protobuf:dnstap.Dnstap"
        reader.sendall(ACCEPT)
        tapped.wait_for("event=dnstap")
        reply = ask("www.example", "A")
    took = b""
    reader.settimeout(5)
    while part := reader.recv(65536):
        took += part
    assert took.startswith(struct.pack(">IIIII", 0, 34, 2, 1, 22)) and took.endswith(struct.pack(">III", 0, 4, 3))
    assert reply.to_wire()[12:] in took and query.to_wire()[12:] in took


def test_nobody_there(tapped, tmp_path):
    """Dropped and counted; told once; taken up as soon as somebody is there, and again when that one has gone."""
    with tapped:
        ask("www.example", "A")
        assert dropped(tapped) == 2
        time.sleep(1.2)
        assert tapped.log.count("event=dnstap") == 1
        listener = listening(tmp_path / "tap")
        for times in (2, 4):
            reader, _ = listener.accept()
            reader.recv(4096)
            reader.sendall(ACCEPT)
            tapped.wait_for("event=dnstap", times=times)
            assert ask("www.example", "A").answer
            reader.close()


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\0\xff\xff\xff\xff\0\0\0\1", struct.pack(">III", 0, 4, 5), b"\0" * 4096, ACCEPT * 2])
def test_a_strange_reader(tapped, tmp_path, words):
    listener = listening(tmp_path / "tap")
    with tapped:
        reader, _ = listener.accept()
        reader.sendall(words)
        tapped.wait_for("why=")
        assert ask("www.example", "A").answer
        listener.accept()  # it is tried again


def test_who_does_not_read(tapped, tmp_path):
    """Its bound is a MiB; queries are answered as if nobody watched."""
    listener = listening(tmp_path / "tap")
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with tapped:
        reader, _ = listener.accept()
        reader.sendall(ACCEPT)
        tapped.wait_for("event=dnstap")
        query = dns.message.make_query("www.example", "A").to_wire()
        before, end = tapped.memory_kib(), time.monotonic() + 15
        while dropped(tapped) == 0:
            assert time.monotonic() < end
            with udp_socket() as client:
                for _ in range(20):
                    for _ in range(50):
                        client.send(query)
                    for _ in range(50):
                        client.recv(4096)
        assert tapped.memory_kib() - before < (60000 if SANITIZED else 6144)
        assert ask("www.example", "A").answer
