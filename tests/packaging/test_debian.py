# SPDX-License-Identifier: MIT
"""The Debian packages: built from this tree once, looked at, and installed, upgraded and purged in a copy of this machine."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
DEBIAN = SOURCE / "packaging/debian"
NAMES = ("ctresolved", "ctresolved-resolved", "libctpolicy1", "libctpolicy-dev")
# What dpkg and what it calls keep for themselves.
KEPT = re.compile(r"/(var/lib/dpkg|var/log|var/cache|var/lib/systemd/deb-systemd-helper|etc/ld\.so\.cache|tmp|run|proc|dev)\b")

pytestmark = pytest.mark.skipif(not shutil.which("dh"), reason="debhelper is missing")


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=900, **more)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory):
    """The folder with what was built. The unit tests are run elsewhere."""
    folder = tmp_path_factory.mktemp("built")
    run(DEBIAN / "build", folder, env={**os.environ, "DEB_BUILD_OPTIONS": "nocheck"})
    return folder


def package(folder, name):
    found = list(folder.glob(f"{name}_*.deb"))
    assert len(found) == 1, found
    return found[0]


def field(deb, name):
    return run("dpkg-deb", "--field", deb, name).strip()


def contents(deb):
    """Paths without the folders; of libraries without the machine's name."""
    paths = (line.split()[5].removeprefix(".") for line in run("dpkg-deb", "--contents", deb).splitlines())
    return {re.sub(r"/lib/[^/]+-linux-[^/]+/", "/lib/", path) for path in paths if not path.endswith("/")}


def test_lintian(built):
    if not shutil.which("lintian"):
        pytest.skip("lintian is missing")
    run("lintian", "--allow-root", "--fail-on", "error,warning", *built.glob("*.changes"))


def test_contents(built):
    daemon = contents(package(built, "ctresolved"))
    assert {"/usr/sbin/ctresolved", "/usr/bin/ctresolvectl", "/usr/bin/ctcheck", "/lib/systemd/system/ctresolved.service",
            "/etc/ctresolved/ctresolved.conf", "/usr/share/ctresolved/log_list.json", "/usr/share/man/man8/ctresolved.8.gz",
            "/usr/share/man/man5/ctresolved.conf.5.gz", "/usr/share/man/man1/ctresolvectl.1.gz",
            "/usr/share/man/man1/ctcheck.1.gz", "/usr/share/doc/ctresolved/README.Debian",
            "/usr/share/bash-completion/completions/ctresolvectl", "/usr/share/zsh/vendor-completions/_ctresolvectl",
            "/usr/share/fish/vendor_completions.d/ctresolvectl.fish"} <= daemon
    takeover = {path for path in contents(package(built, "ctresolved-resolved")) if "/doc/" not in path}
    assert takeover == {"/usr/sbin/ctresolved-resolved", "/usr/share/man/man8/ctresolved-resolved.8.gz",
                        "/lib/systemd/system/systemd-resolved.service.d/50-ctresolved.conf"}
    library = {path for path in contents(package(built, "libctpolicy1")) if "/doc/" not in path}
    assert library == {"/usr/lib/libctpolicy.so.1", "/usr/lib/libctpolicy.so.1.0.0"}
    assert {"/usr/include/ctpolicy.h", "/usr/lib/libctpolicy.a", "/usr/lib/libctpolicy.so", "/usr/lib/pkgconfig/ctpolicy.pc",
            "/usr/share/man/man3/libctpolicy.3.gz"} <= contents(package(built, "libctpolicy-dev"))


def test_fields(built):
    daemon, takeover, library, development = (package(built, name) for name in NAMES)
    version = field(daemon, "Version")
    assert run("dpkg-deb", "--info", daemon, "conffiles").split() == ["/etc/ctresolved/ctresolved.conf"]
    # Who does not want the bus has neither its library nor that of who validates.
    assert not re.search("libsystemd|libldns", field(daemon, "Depends"))
    assert "libldns" in field(daemon, "Recommends")
    assert {f"ctresolved (= {version})", "systemd-resolved"} <= set(field(takeover, "Depends").split(", "))
    assert not re.search("libsystemd|libuv", field(library, "Depends"))
    assert f"libctpolicy1 (= {version})" in field(development, "Depends")


def test_round_trip(built, tmp_path):
    run("dpkg-deb", "--extract", package(built, "ctresolved"), tmp_path)
    run(DEBIAN / "tests/roundtrip", env={**os.environ, "CTRESOLVED": str(tmp_path / "usr/sbin/ctresolved")})


def repack(deb, version, to):
    """The same package as that of another version."""
    tree = to / "tree"
    was = field(deb, "Version")
    run("dpkg-deb", "--raw-extract", deb, tree)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {was}\n", f"Version: {version}\n").replace(f"(= {was})", f"(= {version})"))
    run("dpkg-deb", "--build", "--root-owner-group", "-Znone", tree, to)
    shutil.rmtree(tree)


def stand_in(name, to):
    """A package with nothing in it."""
    (to / "tree/DEBIAN").mkdir(parents=True)
    (to / "tree/DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 252\nArchitecture: all\nMaintainer: nobody\nDescription: {name}, for tests\n")
    run("dpkg-deb", "--build", "--root-owner-group", to / "tree", to / f"{name}.deb")
    shutil.rmtree(to / "tree")


def test_life(built, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("not root")
    stand_in("systemd-resolved", tmp_path)
    for version, folder in (("1", tmp_path / "old"), ("2", tmp_path / "new")):
        folder.mkdir()
        for name in NAMES:
            repack(package(built, name), version, folder)
    done = subprocess.run([HERE / "in_copy", HERE / "life.sh", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert [path for path in done.stdout.splitlines() if not KEPT.match(path)] == []
