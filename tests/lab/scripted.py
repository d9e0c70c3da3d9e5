#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripted.py CERTIFICATE FOLDER ADDRESS:PORT: an upstream over TLS whose answers are what the name asks for.

The first label says it, in words between hyphens, in any order:

  ttlN        the TTL of all records (60)
  nx nodata servfail refused
              instead of an answer; nx and nodata come with an SOA
  minN        the SOA's MINIMUM (30); nosoa: none
  cname       an alias comes first; loop: it leads back; chainN: N of them
  private     the address is 192.168.1.1; hint: so is that in an HTTPS record
  unasked     an address of bank.example besides, in each section; twisted: the records in the wrong order
  sizeN       so many bytes of TXT
  edeN        an Extended DNS Error of that number, with a text that rings a bell; latin: whose last character is none of UTF-8
  msN         after so many milliseconds; mute: never
  other       the answer to another question

FOLDER/mode holds "mute" or "servfail" for all that is asked from then on, and may be changed; FOLDER/asked has a line for each
query: name, type, and the flags RD, AD, CD, DO that were set. Says "ready" when it is.
"""
import pathlib
import re
import socket
import ssl
import sys
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from streams import read

CERTIFICATE, FOLDER, LISTEN = sys.argv[1:4]
FOLDER = pathlib.Path(FOLDER)
lock = threading.Lock()


def note(query):
    question = query.question[0]
    flags = [word for word, bit in (("RD", dns.flags.RD), ("AD", dns.flags.AD), ("CD", dns.flags.CD)) if query.flags & bit]
    if query.ednsflags & dns.flags.DO:
        flags.append("DO")
    with lock, (FOLDER / "asked").open("a") as out:
        print(question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype), *flags, file=out)


def mode():
    file = FOLDER / "mode"
    return file.read_text().strip() if file.exists() else ""


class Script:
    def __init__(self, query):
        self.query, self.question = query, query.question[0]
        self.words = self.question.name.labels[0].decode(errors="replace").lower().split("-")
        self.ttl = self.number("ttl", 60)

    def number(self, word, otherwise=None):
        found = [re.fullmatch(word + r"(\d+)", w) for w in self.words]
        return next((int(match[1]) for match in found if match), otherwise)

    def rrset(self, name, kind, *data):
        return dns.rrset.from_text(name, self.ttl, "IN", kind, *data)

    def data(self, kind):
        private = {"private", "hint"} & set(self.words)
        return {"A": ["192.168.1.1" if private else "192.0.2.7"],
                "AAAA": ["fd00::1" if private else "2001:db8::7"],
                "HTTPS": ["1 . alpn=h2 ipv4hint=" + ("192.168.1.1" if private else "192.0.2.7")],
                "TXT": [" ".join('"' + "t" * 250 + '"' for _ in range(self.number("size", 250) // 250))]}.get(kind)

    def answer(self):
        reply = dns.message.make_response(self.query, recursion_available=True)
        kind, name, words = dns.rdatatype.to_text(self.question.rdtype), self.question.name, set(self.words)
        rcodes = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED, "nx": dns.rcode.NXDOMAIN}
        for word in words & set(rcodes) | {mode()} & set(rcodes):
            reply.set_rcode(rcodes[word])
        if self.number("ede") is not None:
            text = "why\a\u00fc".encode() + b"\xfc" if "latin" in words else b"why\a"
            reply.use_edns(0, options=[dns.edns.GenericOption(15, self.number("ede").to_bytes(2, "big") + text)])
        if "other" in words:
            reply.question = dns.message.make_query("other.example", "A").question
        data = self.data(kind)
        if reply.rcode() or "nodata" in words or data is None:
            if "nosoa" not in words and reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                minimum = self.number("min", 30)
                reply.authority.append(self.rrset("example.", "SOA", f"ns.example. host.example. 1 2 3 4 {minimum}"))
            return reply
        for i in range(self.number("chain", 1 if {"cname", "loop"} & words else 0)):
            target = dns.name.from_text(f"link{i}.example") if "loop" not in words else name
            reply.answer.append(self.rrset(name, "CNAME", target.to_text()))
            name = target
        if "loop" not in words:
            reply.answer.append(self.rrset(name, kind, *data))
        if "unasked" in words:
            for section in (reply.answer, reply.authority, reply.additional):
                section.append(self.rrset("bank.example.", "A", "192.0.2.66"))
            reply.authority.append(self.rrset("bank.example.", "NS", "ns.bank.example."))
        if "twisted" in words:
            reply.answer.reverse()
        return reply


def serve_query(stream, sending, wire):
    query = dns.message.from_wire(wire)
    note(query)
    script = Script(query)
    if "mute" in script.words or mode() == "mute":
        return
    time.sleep(script.number("ms", 0) / 1000)
    reply = script.answer().to_wire(max_size=65535)
    with sending:
        stream.sendall(len(reply).to_bytes(2, "big") + reply)


def serve_connection(plain, context):
    try:
        stream = context.wrap_socket(plain, server_side=True)
        sending = threading.Lock()
        while True:
            wire = read(stream, int.from_bytes(read(stream, 2), "big"))
            if wire[13:18].lower() == b"mute-":  # thousands of them cost nothing
                continue
            threading.Thread(target=serve_query, args=(stream, sending, wire), daemon=True).start()
    except (OSError, EOFError):
        plain.close()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    address, port = LISTEN.rsplit(":", 1)
    listener = socket.create_server((address, int(port)))
    print("ready", flush=True)
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=serve_connection, args=(plain, context), daemon=True).start()


main()
