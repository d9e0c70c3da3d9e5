# SPDX-License-Identifier: MIT
"""A server of tests/lab/ on the upstream's side, for as long as a test wants it."""
import subprocess

from conftest import LAB


class Upstream:
    """Use as a context. PROGRAM gets the good certificate and the words, and says when it is ready."""

    def __init__(self, lab, program, *words):
        self.command = ["ip", "netns", "exec", lab.upstream, LAB / program, lab.folder / "good.pem", *words]

    def __enter__(self):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self.command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
