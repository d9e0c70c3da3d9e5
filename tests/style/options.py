#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every key of conf/options.def is in the manual and in the sample file, in the same sections, and nothing else is."""
import pathlib
import re
import sys

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf"


def of_table():
    return set(re.findall(r"^OPTION\((\w+), (\w+),", (CONF / "options.def").read_text(), re.M))


def of_manual():
    found, section = set(), None
    for line in (CONF / "ctresolved.conf.5").read_text().splitlines():
        if match := re.match(r"\.Ss Section Bq (\w+)|\.Ss Section \[(\w+)\]", line):
            section = match[1] or match[2]
        elif match := re.match(r"\.It Va (\w+) Ns =", line):
            found.add((section, match[1]))
    return found


def of_sample():
    found, section = set(), None
    for line in (CONF / "ctresolved.conf").read_text().splitlines():
        if match := re.match(r"#?\[(\w+)\]$", line):
            section = match[1]
        elif match := re.match(r"#(\w+)=", line):
            found.add((section, match[1]))
    return found


table, wrong = of_table(), False
for name, keys in (("the manual", of_manual()), ("the sample file", of_sample())):
    for section, key in sorted(table - keys):
        print(f"{name} lacks [{section}] {key}")
        wrong = True
    for section, key in sorted(keys - table, key=str):
        print(f"{name} has [{section}] {key}, which does not exist")
        wrong = True
print("" if wrong else f"{len(table)} keys, all in the manual and in the sample file")
sys.exit(wrong)
