#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs `openssl s_server` for each personality that wants it, and makes DNS servers of them.

s_server shows whatever it is told to: SCTs in TLS extensions, any OCSP response. It serves one connection after the
other and copies what it hears to its output, where it goes on to unbound. In front of each stands a plain relay that
counts connections. The counts are in NAME.stats, as those of haproxy's frontends.
"""
import asyncio
import base64
import json
import pathlib
import struct
import sys

FIRST_INNER_PORT = 18500
CLIENT_HELLO, SERVER_HELLO_12, CERTIFICATE_13 = 0x80, 0x100, 0x1000
EXTENSION_SCTS = 18


def serverinfo(scts):
    """The file that -serverinfo takes."""
    data = struct.pack("!IHH", CLIENT_HELLO | SERVER_HELLO_12 | CERTIFICATE_13, EXTENSION_SCTS, len(scts)) + scts
    return f"-----BEGIN SERVERINFOV2 FOR CT-----\n{base64.encodebytes(data).decode()}-----END SERVERINFOV2 FOR CT-----\n"


class Row:
    """One server."""

    def __init__(self, folder, row, port, dns_port):
        self.folder, self.row, self.port, self.dns_port = folder, row, port, dns_port
        self.counts = {"connections": 0, "open": 0, "bytes_in": 0}
        self.dns = None
        self.tell()

    def file(self, end):
        return self.folder / f"{self.row['name']}.{end}"

    def tell(self):
        new = self.file("stats.new")
        new.write_text(json.dumps(self.counts))
        new.rename(self.file("stats"))

    def count(self, **more):
        for key, n in more.items():
            self.counts[key] += n
        self.tell()

    def command(self):
        words = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{self.port}", "-no-CAfile", "-no-CApath",
                 "-cert", self.file("pem"), "-key", self.file("pem"), "-cert_chain", self.file("chain.pem"),
                 f"-tls{self.row['version']}", "-verify", "1"]  # it asks for a client's certificate, too
        if self.file("tls-scts").exists():
            self.file("serverinfo").write_text(serverinfo(self.file("tls-scts").read_bytes()))
            words += ["-serverinfo", self.file("serverinfo")]
        if self.file("ocsp").exists():
            words += ["-status_file", self.file("ocsp")]
        return words

    async def answers(self, reader):
        """From unbound to s_server."""
        while data := await reader.read(65536):
            self.process.stdin.write(data)
        self.dns = None

    async def queries(self):
        """From s_server to unbound."""
        while data := await self.process.stdout.read(65536):
            self.count(bytes_in=len(data))
            if self.dns is None:
                reader, self.dns = await asyncio.open_connection("127.0.0.1", self.dns_port)
                self.task = asyncio.create_task(self.answers(reader))
            self.dns.write(data)

    async def relay(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    async def connected(self, reader, writer):
        self.count(connections=1, open=1)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self.relay(reader, inner_writer), self.relay(inner_reader, writer))
        await asyncio.sleep(0.02)  # what it heard last is counted, too
        self.count(open=-1)

    async def run(self, log):
        self.process = await asyncio.create_subprocess_exec(
            *self.command(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log)
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.02)
        address, port = self.row["listen"]
        await asyncio.start_server(self.connected, address, port)
        await self.queries()
        print(f"{self.row['name']}: s_server has ended", flush=True)


async def main(folder, dns_port):
    rows = [row for row in json.loads((folder / "lab.json").read_text())["personalities"] if row["software"] == "s_server"]
    with open(folder / "openssl.log", "ab") as log:
        await asyncio.gather(*(Row(folder, row, FIRST_INNER_PORT + i, dns_port).run(log) for i, row in enumerate(rows)))


asyncio.run(main(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
