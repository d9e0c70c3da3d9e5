#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""portal.py CERTIFICATE FOLDER ADDRESS: a captive portal. Its DNS server says that every name is at ADDRESS, and that this is
validated; its web server sends everybody to the portal. Each name that is asked for is a line of FOLDER/names.
While there is FOLDER/hold, nothing is answered; while there is FOLDER/drip, the web server says very little, and slowly."""
import http.server
import pathlib
import socketserver
import sys
import threading
import time

import dns.flags
import dns.message
import dns.rrset

_, FOLDER, ADDRESS = sys.argv[1:]
NAMES = (pathlib.Path(FOLDER) / "names").open("a", buffering=1, encoding="ascii")


class Names(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text()
        NAMES.write(f"{name}\n")
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AD
        if query.question[0].rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", ADDRESS))
        while (pathlib.Path(FOLDER) / "hold").exists():
            time.sleep(0.01)
        sock.sendto(reply.to_wire(), self.client_address)


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name # theirs
        drip = pathlib.Path(FOLDER) / "drip"
        while drip.exists():
            self.wfile.write(b".")
            time.sleep(0.2)
        self.send_response(302)
        self.send_header("Location", "http://login.portal.example/start?from=" + self.headers["Host"])
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ # it would go to the terminal
        pass


socketserver.ThreadingUDPServer.allow_reuse_address = True
dns_server = socketserver.ThreadingUDPServer((ADDRESS, 53), Names)
web_server = http.server.ThreadingHTTPServer((ADDRESS, 80), Web)
threading.Thread(target=dns_server.serve_forever, daemon=True).start()
print("ready", flush=True)
web_server.serve_forever()
