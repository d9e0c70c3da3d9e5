# SPDX-License-Identifier: MIT
"""What servers read from connections."""


def read(stream, n):
    """Exactly so many bytes. EOFError: there are not so many."""
    data = b""
    while len(data) < n:
        piece = stream.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
