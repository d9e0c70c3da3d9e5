# SPDX-License-Identifier: MIT
"""An upstream over TLS whose answers are what the name asks for: tests/lab/scripted.py says in which words."""
import pytest

from daemon import Daemon
from upstream import Upstream

UPSTREAM = "1.1.1.1:9201"


class Scripted(Upstream):
    def __init__(self, lab, folder):
        super().__init__(lab, "scripted.py", folder, UPSTREAM)
        self.folder = folder

    def asked(self, name, kind=None):
        """The flags of each query for this name."""
        lines = [line.split() for line in (self.folder / "asked").read_text().splitlines()] \
            if (self.folder / "asked").exists() else []
        return [words[2:] for words in lines if words[0] == name.lower() + "." and kind in (None, words[1])]

    def forget(self):
        (self.folder / "asked").unlink(missing_ok=True)

    def mode(self, mode):
        (self.folder / "mode").write_text(mode)


@pytest.fixture(name="upstream", scope="module")
def make_upstream(lab, tmp_path_factory):
    with Scripted(lab, tmp_path_factory.mktemp("scripted")) as upstream:
        yield upstream


def daemon_for(lab, folder, **keywords):
    return Daemon(lab, folder, f"tls://{UPSTREAM}#one.one.one.one", **{"cache": "yes", **keywords})
