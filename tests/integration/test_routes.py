# SPDX-License-Identifier: MIT
"""Routes: the names of a domain go to its own upstreams, in plain text if the configuration says so, and no others do."""
import subprocess
import time

import dns.edns
import dns.message

from daemon import Daemon
from dnsclient import dig

MAIN = "tls://1.1.1.1#one.one.one.one"

ROUTES = """[Route]
Domains=~corp.example
DNS=plain://10.53.0.1:5355
[Route]
Domains=~secret.corp.example
DNS=tls://1.0.0.1#one.one.one.one
[Route]
Domains=~dead.example
DNS=plain://10.53.0.1:5399
"""


class PlainServer:
    """unbound's answers by UDP and TCP, and the packets on the way to it."""

    def __init__(self, lab, folder):
        self.lab, self.file = lab, folder / "packets"

    def __enter__(self):
        code = ("import socket,socketserver,threading\n"
                "def ask(m):\n"
                " s=socket.create_connection(('127.0.0.1',5353)); s.sendall(len(m).to_bytes(2,'big')+m)\n"
                " f=s.makefile('rb'); return f.read(int.from_bytes(f.read(2),'big'))\n"
                "class U(socketserver.BaseRequestHandler):\n"
                " def handle(self):\n"
                "  a=ask(self.request[0]); note('udp',self.request[0],self.client_address[1])\n"
                "  if len(a)>1232: a=a[:2]+bytes([a[2]|2])+a[3:4]+a[4:6]+bytes(6)+self.request[0][12:self.request[0].index(0,12)+5]\n"
                "  self.request[1].sendto(a,self.client_address)\n"
                "class T(socketserver.StreamRequestHandler):\n"
                " def handle(self):\n"
                "  m=self.rfile.read(int.from_bytes(self.rfile.read(2),'big')); a=ask(m); note('tcp',m,0)\n"
                "  self.wfile.write(len(a).to_bytes(2,'big')+a)\n"
                f"out=open({str(self.file)!r},'a',buffering=1)\n"
                "def note(how,m,port): out.write(f'{how} {m.hex()} {port}\\n')\n"
                "socketserver.ThreadingTCPServer.allow_reuse_address=True\n"
                "t=socketserver.ThreadingTCPServer(('10.53.0.1',5355),T)\n"
                "threading.Thread(target=t.serve_forever,daemon=True).start()\n"
                "socketserver.ThreadingUDPServer(('10.53.0.1',5355),U).serve_forever()\n")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["ip", "netns", "exec", self.lab.upstream, "/usr/bin/python3", "-c", code])
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def seen(self):
        return [line.split() for line in self.file.read_text().splitlines()] if self.file.exists() else []


def routed(lab, folder):
    daemon = Daemon(lab, folder, MAIN, timeout=3)
    daemon.config.write_text(daemon.config.read_text() + ROUTES)
    return daemon


def test_routes(lab, tmp_path):
    others = lab.statistics("others")["connections"]
    with PlainServer(lab, tmp_path) as server, routed(lab, tmp_path):
        assert dig("www.example").answers == ["192.0.2.1"]
        assert dig("corp.example.com").status == "NXDOMAIN"
        assert not server.seen()
        assert dig("nothing.CORP.example").status == "NXDOMAIN"
        assert dig("corp.example").status == "NXDOMAIN"
        assert dig("notcorp.example").status == "NXDOMAIN"
        assert dig("www.secret.corp.example").status == "NXDOMAIN"
        seen = [dns.message.from_wire(bytes.fromhex(wire)) for _, wire, _ in server.seen()]
        assert [message.question[0].name.to_text() for message in seen] == ["nothing.CORP.example.", "corp.example."]
        for message in seen:  # nothing to be hidden, and nothing of the client's
            # A cookie (RFC 7873) is c-ares's own: 1.33 and newer make one for each of our queries.
            assert message.edns == 0 and {option.otype for option in message.options} <= {dns.edns.OptionType.COOKIE}
        assert len({port for _, _, port in server.seen()}) == 2
        assert len({message.id for message in seen}) == 2
    assert lab.statistics("others")["connections"] == others + 1


def test_plain_over_tcp_when_truncated(lab, tmp_path):
    with PlainServer(lab, tmp_path) as server, Daemon(lab, tmp_path, MAIN) as daemon:
        daemon.config.write_text(daemon.config.read_text() + ROUTES.replace("corp.example", "large.example"))
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert "25" in dig("+tcp", "large.example", "TXT").text.split("MSG SIZE")[1]
        assert [how for how, *_ in server.seen()] == ["udp", "tcp"]


def test_a_route_that_fails_does_not_leak(lab, tmp_path):
    """Its names are not asked of anybody else."""
    recorded = len(lab.recorded())
    daemon = routed(lab, tmp_path)
    daemon.config.write_text(daemon.config.read_text().replace(MAIN, "tls://1.1.1.1:8701#one.one.one.one"))
    with daemon:
        dug = dig("www.dead.example")
        assert dug.status == "SERVFAIL" and dug.ede_code in ("22", "23"), dug.text
        assert "plain://10.53.0.1:5399" in dug.ede_text
        assert dig("www.example").answers == ["192.0.2.1"]
    names = [dns.message.from_wire(wire).question[0].name.to_text() for wire in lab.recorded()[recorded:]]
    assert names == ["www.example."]
