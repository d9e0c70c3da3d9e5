#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_ctcheck.py CTCHECK DATA: the tool as a person or a script uses it."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

CTCHECK, DATA = sys.argv[1:3]
LIST = f"{DATA}/log_list.json"
NOW = "2026-01-15T12:00:00Z"


def ctcheck(*arguments, stdout=subprocess.PIPE):
    return subprocess.run([CTCHECK, *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60)


def judge(name, *options, time=NOW, **more):
    return ctcheck("--log-list", LIST, "--time", time, *options, f"{DATA}/{name}.pem", **more)


class Ctcheck(unittest.TestCase):
    def test_accepts(self):
        done = judge("static-ct")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        verdict, *scts = done.stdout.splitlines()
        self.assertEqual(verdict, "accept: 2 of 2 SCTs count, from 2 logs of 2 operators")
        self.assertEqual(scts, ["  ok  2026-01-15T00:00:00.000Z  Lab 'Alder1', Operator A, usable",
                                "  ok  2026-01-15T00:00:00.000Z  Lab 'Fir1', Operator B, usable"])

    def test_refuses(self):
        done = judge("pending-log")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertTrue(done.stdout.startswith("refuse: 1 of 2 SCTs counts"))
        self.assertTrue(done.stdout.endswith("Lab 'Sapling', Operator B, pending: its log is still pending\n"))

    def test_unknown_log_is_named_by_its_id(self):
        self.assertRegex(judge("unknown-log").stdout, r"\n  no  \S+  log [0-9a-f]{64}: its log is not in the list\n$")

    def test_policy(self):
        self.assertEqual(judge("one-operator").returncode, 1)
        self.assertEqual(judge("one-operator", "--policy", "two-logs").returncode, 0)

    def test_times(self):
        for time, status in ((NOW, 0), ("1768478400", 0), ("2026-01-15T13:00:00+01:00", 0),
                             ("2026-01-14T12:00:00Z", 1), ("1768392000", 1), ("0", 1)):
            self.assertEqual(judge("good", time=time).returncode, status, time)
        for time in ("", "now", "-1", "1768478400s", "9999999999999", "2026-01-15"):
            done = judge("good", time=time)
            self.assertEqual((done.returncode, done.stdout), (2, ""), time)

    def test_json(self):
        done = judge("long-lived-two", "--json")
        self.assertEqual(done.returncode, 1)
        verdict = json.loads(done.stdout)
        scts = verdict.pop("scts")
        self.assertIn("3 logs of 2 operators for a lifetime of", verdict.pop("reason"))
        self.assertEqual(verdict, {
            "verdict": "refuse", "ct": "not-enough-scts", "policy": "chrome", "logs": 2, "logs_needed": 3,
            "operators": 2, "operators_needed": 2, "lifetime_days": 201, "log_list_age_days": 0,
            "log_list_stale": False, "clock_unset": False, "scts_left_out": 0})
        self.assertEqual(len(scts), 2)
        known = next(log for operator in json.load(open(LIST))["operators"] for log in operator["logs"]
                     if log["description"] == "Lab 'Alder1'")
        self.assertEqual(len(scts[0].pop("log_id")), 64)
        self.assertEqual(scts[0], {
            "status": "valid", "counts": True, "reason": "valid", "origin": "embedded",
            "timestamp": "2026-01-15T00:00:00.000Z", "log": "Lab 'Alder1'", "operator": "Operator A",
            "state": "usable", "kind": "rfc6962", "url": known["url"]})

    def test_json_leaves_out_what_is_unknown(self):
        verdict = json.loads(judge("unknown-log", "--json").stdout)
        self.assertEqual(set(verdict["scts"][1]), {"status", "counts", "reason", "origin", "log_id", "timestamp"})
        self.assertEqual(json.loads(judge("broken-list", "--json").stdout)["scts"], [])

    def test_mistakes(self):
        good = f"{DATA}/good.pem"
        with tempfile.TemporaryDirectory() as folder:
            lone, broken, torn, many = (pathlib.Path(folder, name) for name in ("lone", "broken", "torn", "many"))
            text = pathlib.Path(good).read_text()
            end = "-----END CERTIFICATE-----\n"
            lone.write_text(text[:text.index(end) + len(end)])
            broken.write_text("!".join(text.rsplit("M", 1)))
            torn.write_text(text[:-len(end)])
            many.write_text(9 * text)
            for words, arguments in (
                    ("--log-list", [good]), ("CHAIN.pem", ["-l", LIST]), ("CHAIN.pem", ["-l", LIST, good, good]),
                    ("not a policy: none", ["-l", LIST, "-p", "none", good]),
                    ("No such file", ["-l", LIST, f"{folder}/absent"]),
                    ("No such file", ["-l", f"{folder}/absent", good]),
                    ("directory", ["-l", LIST, folder]), ("line 1", ["-l", good, good]),
                    ("no certificates", ["-l", LIST, LIST]), ("broken", ["-l", LIST, str(broken)]),
                    ("broken", ["-l", LIST, str(torn)]), ("too many", ["-l", LIST, str(many)]),
                    ("issuer is missing", ["-l", LIST, str(lone)]), ("--help", ["--nonsense"])):
                done = ctcheck(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
                self.assertIn(words, done.stderr)

    def test_a_verdict_that_cannot_be_written_is_none(self):
        for option in ([], ["--json"]):
            with open("/dev/full", "w") as full:
                done = judge("good", *option, stdout=full)
            self.assertEqual(done.returncode, 2)
            self.assertIn("cannot be written", done.stderr)

    def test_help_and_version(self):
        for option, start in (("--help", "Usage: ctcheck "), ("--version", "ctcheck ")):
            done = ctcheck(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(start))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
