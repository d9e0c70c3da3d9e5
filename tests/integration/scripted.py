# SPDX-License-Identifier: MIT
"""An upstream over TLS whose answers are what the name asks for: tests/lab/scripted.py says in which words."""
import subprocess

from conftest import LAB
from daemon import Daemon

UPSTREAM = "1.1.1.1:9201"


class Scripted:
    def __init__(self, lab, folder):
        self.folder = folder
        self.command = ["ip", "netns", "exec", lab.upstream, LAB / "scripted.py", lab.folder / "good.pem", folder, UPSTREAM]

    def __enter__(self):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self.command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def asked(self, name, kind=None):
        """The flags of each query for this name."""
        lines = [line.split() for line in (self.folder / "asked").read_text().splitlines()] \
            if (self.folder / "asked").exists() else []
        return [words[2:] for words in lines if words[0] == name.lower() + "." and kind in (None, words[1])]

    def mode(self, mode):
        (self.folder / "mode").write_text(mode)


def daemon_for(lab, folder, **keywords):
    return Daemon(lab, folder, f"tls://{UPSTREAM}#one.one.one.one", **{"cache": "yes", **keywords})
