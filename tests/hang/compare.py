# SPDX-License-Identifier: Apache-2.0
"""What a program of tests/hang said about its hang (hang.h) against the report of its dump.

usage: compare.py REPORT.json WORDS [nameless]    prints one line for everything that differs; nothing: all is well
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "wait"))
sys.dont_write_bytecode = True
import compare as threads  # noqa: E402 the comparison of single threads

SURE = 0.6


def undecided(report, wanted):
    """A dump may meet many threads between two states: then how a process that works is stays unknown, as it should."""
    v = report["verdict"]
    return wanted == "healthy" and v["kind"] == "unknown" and v["text"].startswith("No known problem") and "not known" in v["text"]


def rotated(members):
    first = members.index(min(members))
    return members[first:] + members[:first]


def fits(want, finding, tids):
    if want["rule"] != finding["rule"] or want["severity"] != finding["severity"]:
        return False
    if want["threads"] != "-" and sorted(int(x) for x in want["threads"].split(",")) != tids:
        return False
    if "title" in want and not re.search(want["title"].replace("_", " "), finding["title"]):
        return False
    if "says" in want and not re.search(want["says"].replace("_", " "), finding["description"]):
        return False
    return "sure" not in want or (finding["confidence"] >= SURE) == (want["sure"] == "yes")


def of_findings(report, wanted):
    tid_of = {t["id"]: t["tid"] for t in report["data"]["threads"]}
    left = list(wanted)
    for f in report["findings"]:
        tids = sorted(tid_of[t] for t in f.get("threads", []))
        found = next((w for w in left if fits(w, f, tids)), None)
        if found:
            left.remove(found)
        elif f["severity"] in ("error", "warning") and f["rule"] != "crash.raised" or \
                f["rule"].startswith("hang.") and f["severity"] != "notification":
            yield f"not told: {f['severity']} {f['rule']} {f['confidence']:.2f} {f['title']} {tids}"
    for w in left:
        yield f"not found: {w}"


def of_cycles(report, wanted):
    tid_of = {t["id"]: t["tid"] for t in report["data"]["threads"]}
    got = sorted((rotated([tid_of[m] for m in c["members"]]), c["blocked_behind"])
                 for c in report["data"].get("wait_cycles", []))
    want = sorted((rotated([int(x) for x in w["members"].split(",")]), int(w["behind"])) for w in wanted)
    if got != want:
        yield f"cycles: {got}, not {want}"


def compare(report, words, nameless):
    told = {"finding": [], "cycle": [], "verdict": []}
    lines, unsure = [], False
    for line in words:
        first, *rest = line.split()
        if first == "named" and rest[0] in told:
            if nameless:
                unsure = True
                continue
            first = rest.pop(0)
        if first in told:
            told[first].append(dict(x.split("=", 1) for x in rest))
        else:
            lines.append(line)
    yield from threads.compare(report, lines, nameless)
    if not unsure:  # else less may be found; it must still be true
        yield from of_findings(report, told["finding"])
        yield from of_cycles(report, told["cycle"])
    for w in told["verdict"]:
        if report["verdict"]["kind"] not in w["kind"].split("|") and not undecided(report, w["kind"]):
            yield f"verdict is {report['verdict']['kind']}: {report['verdict']['text']}"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        report = json.load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        words = [line.strip() for line in f if "=" in line]
    for line in compare(report, words, len(sys.argv) > 3):
        print(line)


if __name__ == "__main__":
    main()
