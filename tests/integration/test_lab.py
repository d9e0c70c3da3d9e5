# SPDX-License-Identifier: MIT
"""The lab itself, by judges that share no code with it or with us: what a row calls right or wrong is so.

OpenSSL verifies chains and SCTs; kdig is the ordinary DNS-over-TLS client that looks at no SCT.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab" / "lab"
CT_FAULTS = ("no-sct", "one-sct", "one-log-twice", "one-operator", "bad-signature", "unknown-log", "retired-after",
             "all-retired", "pending-log", "rejected-log", "future-sct", "outside-interval", "mimic-logs",
             "long-lived-two", "replayed-scts", "only-version-2", "broken-list",
             "tls-scts-one-operator", "tls-scts-bad-signature", "tls-scts-retired", "tls-scts-malformed", "tls-scts-mixed",
             "ocsp-scts", "ocsp-scts-bad-signature")


def port_of(row):
    return re.search(r":(\d+)(?:#|$)", row["uri"])[1]


@pytest.mark.parametrize("name", CT_FAULTS + ("good", "static-ct", "wildcard-name"))
def test_an_ordinary_client_is_content(lab, name):
    """So nothing but CT refuses these: kdig, which checks chain and name, gets its answer."""
    done = subprocess.run(
        ["kdig", "+tls", f"+tls-ca={lab.folder}/anchors.pem", "+tls-hostname=one.one.one.one", "+retry=0", "+short",
         "@1.1.1.1", "-p", port_of(lab.row(name)), "www.example"], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["192.0.2.1"], done.stdout + done.stderr


@pytest.mark.parametrize("name, accepted", [
    ("good", True), ("name-but-no-address", False), ("address-in-cn", False), ("address-as-name", False),
    ("address-as-wildcard", False), ("other-address", False), ("mapped-address", False)])
def test_openssl_on_the_address(lab, name, accepted):
    file = lab.folder / f"{name}.pem"
    done = subprocess.run(["openssl", "verify", "-CAfile", lab.folder / "anchors.pem", "-untrusted", file,
                           "-purpose", "sslserver", "-verify_ip", "1.1.1.1", file],
                          capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == accepted, done.stdout + done.stderr
    if not accepted:  # by X509_V_ERR_IP_ADDRESS_MISMATCH, and by nothing else
        assert re.findall(r"^error (\d+) at", done.stderr, re.M) == ["64"], done.stderr


def openssl_on_scts(lab, name):
    """The "Validation status" of each SCT, by OpenSSL's own reading of RFC 6962."""
    logs = json.loads((lab.folder / "log_list.json").read_text())
    listed = [log for operator in logs["operators"] for log in operator["logs"] + operator["tiled_logs"]]
    config = lab.folder / "ctlog.cnf"
    config.write_text("enabled_logs=" + ",".join(f"l{i}" for i in range(len(listed))) + "\n" + "".join(
        f"[l{i}]\ndescription=l{i}\nkey={log['key']}\n"
        for i, log in enumerate(listed)))
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"1.1.1.1:{port_of(lab.row(name))}", "-ct", "-ctlogfile", config,
         "-CAfile", lab.folder / "anchors.pem"], input="", capture_output=True, text=True, check=False)
    return re.findall("^SCT validation status: (.*)$", done.stdout, re.M), done.stdout


@pytest.mark.parametrize("name, statuses", [
    ("good", ["valid", "valid"]), ("rsa-log", ["valid", "valid"]), ("static-ct", ["valid", "valid"]),
    ("bad-signature", ["valid", "invalid"]), ("unknown-log", ["valid", "unknown log"]),
    ("replayed-scts", ["invalid", "invalid"]), ("no-sct", []),
    ("tls-scts", ["valid", "valid"]), ("tls-scts-12", ["valid", "valid"]), ("tls-scts-12-openssl", ["valid", "valid"]),
    ("tls-scts-bad-signature", ["valid", "invalid"]), ("tls-scts-of-another", ["invalid", "invalid"]),
    ("tls-scts-mixed", ["valid", "valid"]), ("ocsp-scts", ["valid", "valid"]),
    ("ocsp-scts-bad-signature", ["valid", "invalid"])])
def test_openssl_on_the_scts(lab, name, statuses):
    found, printed = openssl_on_scts(lab, name)
    assert sorted(found) == sorted(statuses), printed


@pytest.mark.parametrize("name, said", [
    ("ocsp-good", "good"), ("ocsp-revoked", "revoked"), ("ocsp-revoked-delegated", "revoked"), ("ocsp-unknown", "unknown"),
    ("ocsp-delegated", "good"), ("ocsp-delegated-by-nobody", "Response Verify Failure"), ("ocsp-forged", "Response Verify Failure"),
    ("ocsp-delegated-for-servers", "Response Verify Failure"), ("ocsp-outdated", "WARNING: Status times invalid"),
    ("ocsp-of-another", "No Status found"), ("ocsp-try-later", "trylater")])
def test_openssl_on_the_ocsp_responses(lab, name, said):
    file = lab.folder / name
    done = subprocess.run(["openssl", "ocsp", "-respin", f"{file}.ocsp", "-issuer", f"{file}.chain.pem", "-cert", f"{file}.pem",
                           "-CAfile", lab.folder / "anchors.pem", "-verify_other", f"{file}.chain.pem", "-no_nonce"],
                          capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert said in printed, printed
    assert said not in ("good", "revoked", "unknown") or "Response verify OK" in printed


def test_no_way_out(lab):
    for family, outside in (("-4", "9.9.9.9"), ("-6", "2620:fe::fe")):
        done = subprocess.run(["ip", family, "route", "get", outside], capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "unreachable" in done.stderr, done.stdout
    assert lab.id in subprocess.run(["ip", "netns", "identify"], capture_output=True, text=True, check=True).stdout


def lab_environment(name):
    kept = {key: value for key, value in os.environ.items() if key != "CTRESOLVED_LAB"}
    return {**kept, "CTRESOLVED_LAB_ID": name}


def namespaces():
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout


def test_a_second_lab_and_its_exit_status(lab):
    del lab  # it is there at the same time
    environment = lab_environment(f"two{os.getpid()}")
    done = subprocess.run([LAB, "run", "sh", "-c", "exit 7"],
                          env=environment, check=False)
    assert done.returncode == 7
    for _ in range(2):  # twice is no mistake
        assert subprocess.run([LAB, "down"], env=environment, check=False).returncode == 0
    assert environment["CTRESOLVED_LAB_ID"] not in namespaces()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_killed_and_nothing_left_behind(lab, tmp_path, signum):
    del lab
    name, mark = f"k{os.getpid()}s{int(signum)}", tmp_path / "up"
    runner = subprocess.Popen([LAB, "run", "sh", "-c", f"touch {mark}; exec sleep 60"], env=lab_environment(name))
    end = time.monotonic() + 20
    while not mark.exists():
        assert time.monotonic() < end and runner.poll() is None
        time.sleep(0.02)
    runner.send_signal(signum)
    runner.wait(10)
    end = time.monotonic() + 10  # somebody else tidies up after one that was killed
    while name in namespaces() or pathlib.Path(f"/run/ctresolved-{name}").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"/run/ctresolved-{name}/" not in running


def test_not_root_is_told():
    """Run from a copy: the checkout may lie where only root may look."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = shutil.copy(LAB, folder)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, copy, "up"],
                              capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "need root" in done.stderr
