# SPDX-License-Identifier: MIT
"""ctresolvectl log-list, and the signature that the daemon asks of its list. Most of it needs no lab."""
import copy
import datetime
import json
import os
import pathlib
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from daemon import CTL, Daemon
from dnsclient import dig

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PRESENT = json.loads((SOURCE / "conf/log_list.json").read_text())
MADE = datetime.datetime.fromisoformat(PRESENT["log_list_timestamp"].removesuffix("Z"))
REAL = os.environ.get("CTRESOLVED_REAL_DATA")
KEYS = {
    "rsa4096": rsa.generate_private_key(65537, 4096),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
}


def sign(key, data):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(hashes.SHA384() if key.curve.name == "secp384r1" else hashes.SHA256()))


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def newer(days=1, change=lambda content: None):
    content = copy.deepcopy(PRESENT)
    content["log_list_timestamp"] = (MADE + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    change(content)
    return json.dumps(content).encode()


class Place:
    """Where a list is installed: a configuration, a present list, perhaps signed."""

    def __init__(self, folder, key=None):
        self.folder, self.key = folder / "installed", key
        self.folder.mkdir()
        self.work = folder
        self.list, self.signature = self.folder / "list.json", self.folder / "list.sig"
        self.list.write_bytes(json.dumps(PRESENT).encode())
        lines = ["[CertificateTransparency]", f"LogList={self.list}"]
        if key:
            self.signature.write_bytes(sign(key, self.list.read_bytes()))
            (folder / "key.pem").write_bytes(public_pem(key))
            lines += [f"LogListSignature={self.signature}", f"LogListKey={folder}/key.pem"]
        self.conf = folder / "list.conf"
        self.conf.write_text("\n".join(lines) + "\n")

    def run(self, *words):
        return subprocess.run([CTL, "-c", self.conf, "log-list", *words], capture_output=True, text=True, check=False,
                              timeout=30, env={**os.environ, "STATE_DIRECTORY": str(self.work / "state")})

    def offer(self, data, signature=None, action="install"):
        (self.work / "new.json").write_bytes(data)
        words = []
        if signature is not None:
            (self.work / "new.sig").write_bytes(signature)
            words = ["--signature", self.work / "new.sig"]
        return self.run(action, *words, self.work / "new.json")

    def content(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


@pytest.fixture(name="place")
def make_place(tmp_path):
    return Place(tmp_path)


def test_show(place):
    shown = place.run("show")
    assert shown.returncode == 0 and "of 2026-08-11" in shown.stdout and "stale after 2026-10-20" in shown.stdout
    told = json.loads(place.run("show", "--json").stdout)
    assert told["file"] == str(place.list) and len(told["logs"]) == 46 and told["age"] == "stale"
    assert all(log["operator"] in shown.stdout and log["description"][:34] in shown.stdout for log in told["logs"])
    assert place.run("show", place.work / "none").returncode == 2


def test_install(place):
    done = place.offer(newer())
    assert done.returncode == 0 and f"installed as {place.list}" in done.stdout, done.stderr
    assert place.content() == {"list.json": newer()}
    assert stat.S_IMODE(place.list.stat().st_mode) == 0o644


def test_check_installs_nothing(place):
    before = place.content()
    gone = PRESENT["operators"][0]["logs"][0]["description"]
    new = newer(change=lambda content: content["operators"][0]["logs"].pop(0))
    done = place.offer(new, action="check")
    assert done.returncode == 0 and "could be installed" in done.stdout and f"went     {PRESENT['operators'][0]['name']}, {gone}" in done.stdout
    told = json.loads(place.run("check", "--json", place.work / "new.json").stdout)
    assert told["ok"] and [change["change"] for change in told["changes"]] == ["went"]
    assert place.content() == before


def retire_all(content):
    for operator in content["operators"]:
        for log in operator["logs"] + operator.get("tiled_logs", []):
            log["state"] = {"retired": {"timestamp": "2026-01-01T00:00:00Z"}}


def wrong_id(content):
    content["operators"][0]["logs"][0]["log_id"] = content["operators"][0]["logs"][1]["log_id"]


IN_TEN_YEARS = 3650
BAD = {
    "older": (lambda: newer(-1), "not newer than the present one, of 2026-08-11"),
    "of the same date": (lambda: newer(0), "not newer than the present one"),
    "of the future": (lambda: newer(IN_TEN_YEARS), "which is in the future"),
    "empty": (lambda: b"", "line 1: not JSON"),
    "half": (lambda: newer()[:5000], "not JSON"),
    "no logs": (lambda: newer(change=lambda c: c.update(operators=[])), "it names no log"),
    "no log for new certificates": (lambda: newer(change=retire_all), "none of its logs takes certificates that are new"),
    "an id that is not its key's": (lambda: newer(change=wrong_id), "not the SHA-256 of the key"),
    "too large": (lambda: newer() + b" " * (4 << 20), "larger than 4 MiB"),
    "something else": (lambda: (SOURCE / "README.md").read_bytes(), "not JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_lists_are_refused(place, name):
    before = place.content()
    data, words = BAD[name]
    for action in ("check", "install"):
        done = place.offer(data(), action=action)
        assert done.returncode == 1 and words in done.stdout, done.stdout + done.stderr
    assert place.content() == before


def test_an_unreadable_present_list_is_replaced(place):
    place.list.write_text("broken")
    assert place.offer(newer(-100)).returncode == 0
    assert place.content() == {"list.json": newer(-100)}


@pytest.mark.parametrize("kind", KEYS)
def test_signed(tmp_path, kind):
    key, new = KEYS[kind], newer()
    place = Place(tmp_path, key)
    assert place.run("show").returncode == 0
    before = place.content()
    for signature, words in ((sign(key, new + b" "), "does not verify"), (b"", "does not verify"), (os.urandom(512), "does not verify"),
                             (sign(KEYS["p256" if kind != "p256" else "p384"], new), "does not verify")):
        done = place.offer(new, signature)
        assert done.returncode == 1 and words in done.stdout, done.stdout + done.stderr
        assert place.content() == before
    done = place.offer(new)
    assert done.returncode == 2 and "LogListKey" in done.stderr and place.content() == before
    assert place.offer(new, sign(key, new)).returncode == 0
    assert place.content() == {"list.json": new, "list.sig": (tmp_path / "new.sig").read_bytes()}
    assert place.run("show").returncode == 0


def test_key_of_the_configuration_is_the_only_one(tmp_path):
    place, other = Place(tmp_path, KEYS["p256"]), KEYS["ed25519"]
    (tmp_path / "other.pem").write_bytes(public_pem(other))
    (tmp_path / "new.json").write_bytes(newer())
    (tmp_path / "new.sig").write_bytes(sign(other, newer()))
    done = place.run("install", "-s", tmp_path / "new.sig", "-k", tmp_path / "other.pem", tmp_path / "new.json")
    assert done.returncode == 2 and "is the only one that counts" in done.stderr


def test_signature_on_the_command_line(place):
    key, new = KEYS["ed25519"], newer()
    (place.work / "key.pem").write_bytes(public_pem(key))
    (place.work / "new.json").write_bytes(new)
    for signature, status in ((b"x" * 64, 1), (sign(key, new), 0)):
        (place.work / "new.sig").write_bytes(signature)
        done = place.run("install", "-s", place.work / "new.sig", "-k", place.work / "key.pem", place.work / "new.json")
        assert done.returncode == status, done.stdout + done.stderr
    assert place.content() == {"list.json": new}


def test_half_installed_pair(tmp_path):
    """The power failed between the two renames: the new signature is there, the new list lies beside the old."""
    key, new = KEYS["p256"], newer()
    place = Place(tmp_path, key)
    place.signature.write_bytes(sign(key, new))
    assert place.run("show").returncode == 2  # a signature that is not this list's
    (place.folder / "list.json.new").write_bytes(b"{}")
    assert place.run("show").returncode == 2  # and a list that is not this signature's
    (place.folder / "list.json.new").write_bytes(new)
    shown = json.loads(place.run("show", "--json").stdout)
    assert shown["date"] == "2026-08-12T20:05:47.000Z"
    place.list.unlink()  # nor need there have been an old list
    assert json.loads(place.run("show", "--json").stdout) == shown
    latest = newer(2)
    assert place.offer(latest, sign(key, latest)).returncode == 0
    assert place.content().keys() == {"list.json", "list.sig"} and place.list.read_bytes() == latest


def test_where_it_cannot_be_written(place):
    place.conf.write_text(f"[CertificateTransparency]\nLogList={place.work}/none/list.json\n")
    done = place.offer(newer())
    assert done.returncode == 2 and "No such file or directory" in done.stderr


def test_files_that_are_not_there(place):
    for action in ("show", "check", "install"):
        done = place.run(action, place.work / "none.json")
        assert done.returncode == 2 and done.stderr.count("none.json") == 1 and "No such file" in done.stderr, done.stderr


def test_behind_a_symbolic_link(tmp_path):
    """The link stays, and what it names is replaced."""
    key, new = KEYS["p256"], newer()
    place = Place(tmp_path, key)
    (tmp_path / "elsewhere").mkdir()
    for path in (place.list, place.signature):
        path.rename(tmp_path / "elsewhere" / path.name)
        path.symlink_to(tmp_path / "elsewhere" / path.name)
    assert place.offer(new, sign(key, new)).returncode == 0
    assert place.list.is_symlink() and place.signature.is_symlink() and place.list.read_bytes() == new
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["list.json", "list.sig"]


def test_wrong_use(place):
    for words in ((), ("remove", "x"), ("check",), ("show", "a", "b"), ("show", "--signature", "x"), ("install", "--signature", "x", "y")):
        done = place.run(*words)
        assert done.returncode == 2 and done.stderr.startswith("ctresolvectl: ") and done.stdout == ""
    assert "Usage: ctresolvectl log-list show" in place.run("--help").stdout


@pytest.mark.skipif(not REAL, reason="CTRESOLVED_REAL_DATA is not set")
@pytest.mark.parametrize("name", ["12.6-2022-09-20", "80.14-2026-01-02"])
def test_real_signed_lists(tmp_path, name):
    folder = pathlib.Path(REAL) / "loglists"
    conf = tmp_path / "c.conf"

    def show(listed):
        conf.write_text(f"[CertificateTransparency]\nLogList={listed}\nLogListSignature={folder}/google-log_list-{name}.sig\n"
                        f"LogListKey={folder}/google-log_list_pubkey.pem\n")
        return subprocess.run([CTL, "-c", conf, "log-list", "show"], capture_output=True, text=True, check=False)

    real = folder / f"google-log_list-{name}.json"
    assert show(real).returncode == 0
    changed = tmp_path / "changed.json"
    changed.write_bytes(real.read_bytes() + b"\n")
    assert show(changed).returncode == 2


def test_the_daemon_asks_for_the_signature(lab, tmp_path):
    """A wrong one keeps it from starting; a list that is installed while it runs is taken with its signature."""
    key = KEYS["ed25519"]
    content = json.loads((lab.folder / "log_list.json").read_text())
    now = datetime.datetime.utcnow()

    def made(minutes):
        content["log_list_timestamp"] = (now - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return json.dumps(content).encode()

    old, new = made(60), made(30)
    for name, data in (("list.json", old), ("list.sig", sign(key, new)), ("key.pem", public_pem(key)), ("new.json", new),
                       ("new.sig", sign(key, new))):
        (tmp_path / name).write_bytes(data)
    daemon = Daemon(lab, tmp_path, lab.uri("good"), log_list=tmp_path / "list.json")
    daemon.config.write_text(daemon.config.read_text() + f"LogListSignature={tmp_path}/list.sig\nLogListKey={tmp_path}/key.pem\n")
    with pytest.raises(AssertionError):
        daemon.start()
    assert "list.sig: the signature does not verify with this key" in daemon.log and daemon.process.wait(5) == 1
    (tmp_path / "list.sig").write_bytes(sign(key, old))
    with daemon:
        assert dig("www.example").status == "NOERROR"
        done = daemon.ctl("log-list", "install", "-s", str(tmp_path / "new.sig"), str(tmp_path / "new.json"))
        assert done.returncode == 0, done.stderr
        daemon.wait_for("event=log-list-replaced")
        assert dig("www.example").status == "NOERROR"
        (tmp_path / "list.sig").write_bytes(b"half")
        daemon.wait_for("event=log-list-replaced-failed")
        assert dig("www.example").status == "NOERROR"
