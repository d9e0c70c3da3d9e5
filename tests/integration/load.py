# SPDX-License-Identifier: MIT
"""Questions at a steady rate."""
import contextlib
import itertools
import threading
import time

import dns.message

from dnsclient import first_address, udp_socket
from servers import address_of, name_of, NAMES


class Load:
    """When was each answered? Nobody asks twice."""

    def __init__(self, rate=200):
        self.rate = rate
        self.sent, self.took = {}, {}
        self.wrong = 0
        self.over = threading.Event()
        self.client = udp_socket()
        self.client.settimeout(0.2)
        self.threads = [threading.Thread(target=self.ask), threading.Thread(target=self.listen)]

    def ask(self):
        begin = time.monotonic()
        for i in itertools.count():
            if self.over.is_set():
                return
            message = dns.message.make_query(name_of(i % NAMES), "A", use_edns=False)
            message.id = i
            self.sent[i] = time.monotonic()
            self.client.send(message.to_wire())
            time.sleep(max(0, begin + (i + 1) / self.rate - time.monotonic()))

    def listen(self):
        while not self.over.is_set() or (len(self.took) + self.wrong < len(self.sent) and
                                         time.monotonic() < max(self.sent.values()) + 6):
            with contextlib.suppress(TimeoutError):
                wire = self.client.recv(4096)
                i = int.from_bytes(wire[:2], "big")
                if first_address(wire) == address_of(i % NAMES):
                    self.took[i] = time.monotonic() - self.sent[i]
                else:
                    self.wrong += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.client.close()

    @property
    def lost(self):
        return len(self.sent) - len(self.took)

    def slowest(self):
        return max(self.took.values())
