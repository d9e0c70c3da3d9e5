#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_install.py MESON BUILD SOURCE COMPILER…: libctpolicy as others find it once it is installed.

Installs the build into an empty folder, and does with it what a program of somebody else would: includes its
header, links it both ways by its pkg-config file, and runs the example of its manual against openssl s_server.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

MESON, BUILD, SOURCE = sys.argv[1:4]
COMPILER = sys.argv[4:]
sys.path.insert(0, f"{SOURCE}/tests/lab")

from ctlog import Log, log_list  # noqa: E402
from pki import Authority, Leaf, Sct, key_pem, pem  # noqa: E402

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
HOST = "ctget.invalid"


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, **more)


class Server:
    """openssl s_server on a port of its own choice."""

    def __init__(self, folder, leaf, key, *chain):
        (folder / "leaf.pem").write_bytes(pem(leaf))
        (folder / "key.pem").write_bytes(key_pem(key))
        (folder / "chain.pem").write_bytes(b"".join(pem(authority.certificate) for authority in chain))
        chain = ["-cert_chain", folder / "chain.pem", "-no-CAfile", "-no-CApath"] if chain else []
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", folder / "leaf.pem",
             "-key", folder / "key.pem", *chain],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        said = ""
        for line in self.process.stdout:
            said += line
            found = re.match(r"ACCEPT 127\.0\.0\.1:(\d+)", line)
            if found:
                return found[1]
        raise AssertionError(f"openssl s_server: {said}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


class Installed(unittest.TestCase):
    """The installed files, and ctget made from them."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.root = cls.folder / "root"
        done = run(MESON, "install", "-C", BUILD, "--destdir", cls.root, "--no-rebuild")
        assert done.returncode == 0, done.stdout
        cls.shared = cls.one("libctpolicy.so.1")
        cls.header = cls.one("ctpolicy.h")
        cls.environment = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": str(cls.root),
                           "PKG_CONFIG_PATH": str(cls.one("ctpolicy.pc").parent),
                           "LD_LIBRARY_PATH": str(cls.shared.parent)}
        cls.ctget = cls.folder / "ctget"
        done = cls.link(cls.ctget, cls.flags())
        assert (done.returncode, done.stdout) == (0, ""), done.stdout

    @classmethod
    def one(cls, name):
        """The one installed file of this name."""
        found = list(cls.root.rglob(name))
        assert len(found) == 1, (name, found)
        return found[0]

    @classmethod
    def flags(cls, *options):
        done = run("pkg-config", *options, "--cflags", "--libs", "ctpolicy", "gnutls", env=cls.environment)
        assert done.returncode == 0, done.stdout
        return done.stdout.split()

    @classmethod
    def link(cls, program, flags):
        return run(*COMPILER, *STRICT, "-o", program, cls.one("ctget.c"), *flags)


class Library(Installed):
    def symbols(self, *arguments):
        done = run("nm", "--defined-only", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        return {line.split()[-1] for line in done.stdout.splitlines() if len(line.split()) == 3}

    def public(self):
        """What the header promises."""
        return set(re.findall(r"^CT_API\b[^;]*?\b(ct_\w+)\(", self.header.read_text(), re.M))

    def test_header_stands_alone(self):
        languages = [[*COMPILER, "-x", "c", "-std=c11"]]
        languages += [[cxx, "-x", "c++", "-std=c++11"] for cxx in ("g++", "clang++") if shutil.which(cxx)]
        for language in languages:
            program = self.folder / "alone"
            program.write_text('#include <ctpolicy.h>\nint main(void)\n{\n\treturn ct_policy_name(CT_POLICY_CHROME) == 0;\n}\n')
            done = run(*language, *STRICT, "-fsyntax-only", f"-I{self.header.parent}", program)
            self.assertEqual((done.returncode, done.stdout), (0, ""), language)

    def test_shared_library_shows_its_interface_only(self):
        self.assertIn("[libctpolicy.so.1]", run("readelf", "-d", self.shared).stdout)
        self.assertGreater(len(self.public()), 15)
        self.assertEqual(self.symbols("-D", self.shared) - {"CTPOLICY_1"},
                         {f"{name}@@CTPOLICY_1" for name in self.public()})

    def test_static_library_defines_nothing_that_could_clash(self):
        names = self.symbols("-g", self.one("libctpolicy.a"))
        self.assertLessEqual(self.public(), names)
        self.assertEqual([name for name in names if not re.match("ctp?_", name)], [])

    def test_pkg_config_file(self):
        asked = run("pkg-config", "--libs", "ctpolicy", env=self.environment).stdout
        self.assertNotIn("jansson", asked)
        self.assertNotIn("gnutls", asked)
        self.assertEqual(self.one("libctpolicy.so").resolve(), self.shared.resolve())

    def test_dynamic(self):
        self.assertIn("libctpolicy.so.1", run("readelf", "-d", self.ctget).stdout)
        self.check_usage(self.ctget)

    def test_static(self):
        program = self.folder / "ctget-static"
        flags = ["-l:libctpolicy.a" if flag == "-lctpolicy" else flag for flag in self.flags("--static")]
        done = self.link(program, flags)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertNotIn("libctpolicy", run("readelf", "-d", program).stdout)
        self.check_usage(program)

    def check_usage(self, program):
        done = run(program, "--help", env=self.environment)
        self.assertEqual((done.returncode, done.stdout), (2, "ctget: usage: ctget LOG_LIST ADDRESS PORT NAME CA.pem\n"))
        done = run(program, "/nowhere", "127.0.0.1", "1", HOST, "/nowhere", env=self.environment)
        self.assertEqual((done.returncode, done.stdout), (2, "ctget: /nowhere: it cannot be read\n"))


class Handshake(Installed):
    """ctget against servers that are right in all but one thing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority("Root")
        cls.middle = Authority("Intermediate", cls.authority)
        cls.stranger = Authority("Stranger")
        cls.logs = [Log("One", "Operator A"), Log("Two", "Operator B")]
        (cls.folder / "log_list.json").write_text(json.dumps(log_list(cls.logs)))
        (cls.folder / "root.pem").write_bytes(pem(cls.authority.certificate))

    def leaf(self, authority, logs):
        return Leaf(authority, tuple(Sct(log) for log in logs), cn=HOST, dns=(HOST,), addresses=("127.0.0.1",)).issue()

    def get(self, leaf, *chain, name=HOST):
        with Server(self.folder, *leaf, *chain) as port:
            done = run(self.ctget, self.folder / "log_list.json", "127.0.0.1", port, name, self.folder / "root.pem",
                       env=self.environment)
        return done.returncode, done.stdout

    def test_accepts(self):
        good = "accept: 2 of 2 SCTs count, from 2 logs of 2 operators\n"
        leaf = self.leaf(self.middle, self.logs)
        self.assertEqual(self.get(leaf, self.middle), (0, good))
        self.assertEqual(self.get(leaf, self.middle, name="127.0.0.1"), (0, good))

    def test_issuer_is_that_of_the_verified_chain(self):
        good = "accept: 2 of 2 SCTs count, from 2 logs of 2 operators\n"
        leaf = self.leaf(self.middle, self.logs)
        self.assertEqual(self.get(leaf, self.stranger, self.middle), (0, good))
        self.assertEqual(self.get(leaf, self.authority, self.middle), (0, good))
        direct = self.leaf(self.authority, self.logs)
        self.assertEqual(self.get(direct), (0, good))
        self.assertEqual(self.get(direct, self.stranger), (0, good))

    def test_refuses_what_is_not_logged(self):
        status, said = self.get(self.leaf(self.middle, []), self.middle)
        self.assertEqual(status, 1)
        self.assertIn("refuse: it carries no SCT", said)
        status, said = self.get(self.leaf(self.middle, self.logs[:1]), self.middle)
        self.assertEqual(status, 1)
        self.assertIn("policy chrome needs 2 logs", said)

    def test_refuses_what_does_not_verify(self):
        leaf = self.leaf(self.middle, self.logs)
        for name, chain in (("other.invalid", [self.middle]), (HOST, [])):
            status, said = self.get(leaf, *chain, name=name)
            self.assertEqual(status, 1, said)
            self.assertNotIn("SCT", said)
        stranger = self.leaf(self.stranger, self.logs)
        self.assertEqual(self.get(stranger, self.stranger)[0], 1)

    def test_no_server(self):
        with Server(self.folder, *self.leaf(self.middle, [])) as port:
            pass
        done = run(self.ctget, self.folder / "log_list.json", "127.0.0.1", port, HOST, self.folder / "root.pem",
                   env=self.environment)
        self.assertEqual((done.returncode, done.stdout), (2, "ctget: 127.0.0.1: no connection\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
