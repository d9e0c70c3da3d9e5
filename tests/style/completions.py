#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""completions.py CTRESOLVECTL: what its help names, each shell completes, and the manual has; and bash does it in truth."""
import pathlib
import re
import subprocess
import sys

PROGRAM = sys.argv[1]
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "packaging/completions"
MANUAL = (FOLDER.parents[1] / "resolver/ctresolvectl.1").read_text()


def helped(*words):
    return subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True, check=True).stdout


VERBS = re.findall(r"^  ([a-z][a-z-]+)(?: |$)", helped(), re.M)


def options(*words):
    return set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", helped(*words), re.M))


def completed(*words):
    script = f"source {FOLDER}/ctresolvectl.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); " \
             "_ctresolvectl ctresolvectl \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(["bash", "-c", script, "bash", "ctresolvectl", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


wrong = []
wanted = options().union(*(options(verb) for verb in VERBS))
wrong += [f"the manual lacks {verb}" for verb in VERBS if not re.search(rf"^\.It Cm {verb}\b", MANUAL, re.M)]
wrong += [f"the manual lacks --{option}" for option in sorted(wanted) if not re.search(rf"Fl -{option}\b", MANUAL)]
for name in ("ctresolvectl.bash", "_ctresolvectl", "ctresolvectl.fish"):
    text = (FOLDER / name).read_text()
    wrong += [f"{name} lacks {word}" for word in VERBS + ["show", "check", "install"] if word not in text]
    wrong += [f"{name} lacks --{option}" for option in sorted(wanted)
              if not re.search(rf"(--|-l ){option}\b", text)]
for words, expected in ((("pr",), ["probe"]), (("log-list", "in"), ["install"]), (("verify", "--pol"), ["--policy"]),
                        (("verify", "--policy", "ch"), ["chrome"]), (("-c", "x.conf", "statu"), ["status"]), (("fl",), ["flush-caches"]),
                        (("log-list", "check", "--sig"), ["--signature"])):
    if completed(*words) != expected:
        wrong.append(f"bash completes {' '.join(words)} to {completed(*words)}")
print("\n".join(wrong) or f"{len(VERBS)} verbs and {len(wanted)} options in three shells")
sys.exit(bool(wrong))
