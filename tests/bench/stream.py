# SPDX-License-Identifier: MIT
"""Questions at a steady rate for as long as it is wanted: each one's end is told once, and then forgotten."""
import contextlib
import dataclasses
import itertools
import threading
import time

import dns.exception
import dns.message
import dns.rcode

from dnsclient import first_address, udp_socket
from servers import address_of, name_of

PATIENCE = 6  # seconds: longer than the daemon's


@dataclasses.dataclass
class End:
    """Of a question. What is neither right nor SERVFAIL is lost: another answer, or none."""
    asked: float  # as time.monotonic() has it
    took: float = None  # seconds; None: there was no answer
    right: bool = False
    servfail: bool = False

    @property
    def lost(self):
        return not self.right and not self.servfail


class Stream:
    """Use as a context. `tell` is called with every End, by another thread."""

    def __init__(self, rate, tell, names=1000):
        """names: so many different ones are asked for, in turn."""
        self.rate, self.tell = rate, tell
        self.queries = [dns.message.make_query(name_of(i), "A", use_edns=False).to_wire()[2:] for i in range(names)]
        self.waiting = {}  # number: when it was asked; the oldest is first
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.client = udp_socket(0.1)
        self.threads = [threading.Thread(target=self.ask), threading.Thread(target=self.listen)]

    def ask(self):
        begin = time.monotonic()
        for i in itertools.count():
            if self.over.wait(max(0, begin + i / self.rate - time.monotonic())):
                return
            with self.lock:
                self.waiting[i] = time.monotonic()
            with contextlib.suppress(ConnectionError):  # nobody listens: that one is lost
                self.client.send((i & 0xffff).to_bytes(2, "big") + self.queries[i % len(self.queries)])

    def listen(self):
        while not self.over.is_set() or self.waiting:
            with contextlib.suppress(TimeoutError, ConnectionError):
                self.answered(self.client.recv(4096))
            for i, asked in self.oldest():
                if asked + PATIENCE > time.monotonic():
                    break
                self.take(i)
                self.tell(End(asked))

    def oldest(self):
        """The first ones that wait."""
        with self.lock:
            return list(itertools.islice(self.waiting.items(), 10))

    def take(self, i):
        with self.lock:
            return self.waiting.pop(i, None)

    def answered(self, wire):
        """The ID is the end of the number, and those that wait are fewer than there are IDs."""
        for first, _ in self.oldest()[:1]:
            i = first + ((int.from_bytes(wire[:2], "big") - first) & 0xffff)
            asked = self.take(i)
            if asked is not None:
                self.tell(End(asked, time.monotonic() - asked, self.is_right(i, wire), wire[3] & 15 == dns.rcode.SERVFAIL))

    def is_right(self, i, wire):
        try:
            return first_address(wire) == address_of(i % len(self.queries))
        except dns.exception.DNSException:
            return False

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.client.close()
