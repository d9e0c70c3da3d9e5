#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How much memory the daemon has with two upstreams and a full cache of 1 MiB, as on a router.

It trusts so many CAs as FILE has (default: this system's), and the lab's besides. As root; it makes a lab of its own (see
tests/lab/README.md). CTRESOLVED names the program, if it is not in build/. The program must not run under an emulator.
"""
import argparse
import pathlib
import sys
import tempfile

import inlab

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--trust-anchors", default="/etc/ssl/certs/ca-certificates.crt", metavar="FILE")
parser.add_argument("--no-others", action="store_true", help="trust none but the lab's")
OPTIONS = parser.parse_args()
LAB = inlab.enter()

# pylint: disable=wrong-import-position
from daemon import Daemon
from dnsclient import ask


class Trusting(Daemon):
    """Its trust anchors are in a file of its own."""

    def write(self, *arguments, **more):
        super().write(*arguments, **more)
        anchors = self.config.with_name("anchors.pem")
        text = (LAB.folder / "anchors.pem").read_text()
        if not OPTIONS.no_others:
            text += pathlib.Path(OPTIONS.trust_anchors).read_text()
        anchors.write_text(text)
        print("trust anchors:", text.count("BEGIN CERTIFICATE"))
        self.config.write_text(self.config.read_text().replace(f"{LAB.folder}/anchors.pem", str(anchors)))


def tell(daemon, when):
    lines = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines)
    print(f"{when}:", ", ".join(f"{name} {found[name].strip()}" for name in ("VmRSS", "RssAnon", "RssFile")), flush=True)


with tempfile.TemporaryDirectory() as folder:
    upstreams = ["1.1.1.1#one.one.one.one", "https://1.0.0.1#one.one.one.one"]
    with Trusting(LAB, folder, upstreams, cache="yes", resolve="CacheSize=1M") as daemon:
        tell(daemon, "ready")
        ask("first.example", "A")
        tell(daemon, "connected")
        for i in range(20000):
            ask(f"memory-{i}.example", "A")
        tell(daemon, "after 20,000 names")
sys.exit(0)
