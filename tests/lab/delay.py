#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""delay.py CLIENT UPSTREAM MILLISECONDS [LOSS]: a longer cable between two network namespaces, until it is ended.

In each there is then a device far0; what goes into one comes out of the other that much later, if at all: LOSS is the share
of packets that do not. For kernels without sch_netem. Says "ready" when it is.
"""
import collections
import contextlib
import ctypes
import fcntl
import os
import random
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
MTU = 1500


def enter(namespace):
    with open(f"/run/netns/{namespace}", encoding="ascii") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


def device(namespace):
    enter(namespace)
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", b"far0", IFF_TUN | IFF_NO_PI))
    return file


def main():
    ends = [device(namespace) for namespace in sys.argv[1:3]]
    delay = float(sys.argv[3]) / 1000
    loss = float(sys.argv[4]) if len(sys.argv) > 4 else 0
    waiting = collections.deque()
    print("ready", flush=True)
    while True:
        until = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], until)[0]:
            packet = os.read(end, MTU)
            if random.random() >= loss:
                waiting.append((time.monotonic() + delay, ends[end == ends[0]], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, packet = waiting.popleft()
            with contextlib.suppress(OSError):  # the other end is not up (yet): it is lost
                os.write(end, packet)


if __name__ == "__main__":
    main()
