# SPDX-License-Identifier: Apache-2.0
"""What a program of tests/wait said about itself against the report of its dump.

usage: compare.py REPORT.json WORDS [nameless]    prints one line for everything that differs; nothing: all is well
"""
import json
import re
import sys

OF_WAIT = {"kind": "kind", "address": "address", "timeout": "timeout_us", "text": "how"}
OF_LOCK = {"owner_tid": "owner_tid", "state": "state", "recursion": "recursion", "count": "count", "max": "max",
           "lock_text": "how", "waiting": "how"}


def same(key, want, got):
    if want == "-":
        return got is None
    if key == "waiting":  # the lock's own count
        return got is not None and f" {want} waiter" in got
    if key.endswith("text"):
        return got is not None and re.search(want, got) is not None
    if isinstance(got, int):
        return got == int(want, 0)
    return want == got


def compare(report, words, nameless):
    data = report["data"]
    tid_of = {t["id"]: t["tid"] for t in data["threads"]}
    id_of = {t["tid"]: t["id"] for t in data["threads"]}
    locks = {l["id"]: l for l in data.get("locks", [])}
    waits = {}
    for w in data.get("waits", []):
        waits.setdefault(w["from"], w)  # the first is the primary one
    for line in words:
        what, *rest = line.split()
        want = dict(x.split("=", 1) for x in rest)
        if what == "named" and nameless:
            continue
        if what == "lock":
            lock = next((l for l in locks.values() if l.get("address") == want["address"]), None)
            owner = tid_of.get(lock.get("owner")) if lock else None
            if not lock or owner != int(want["owner"]) or want.get("kind", lock["kind"]) != lock["kind"]:
                yield f"{line}: {lock}"
            continue
        thread = id_of.get(int(want["tid"]))
        if thread is None and want.pop("gone", None):
            continue  # a stop ended its call, and it returned
        want.pop("gone", None)
        if thread is None:
            yield f"{line}: this thread is not in the report"
            continue
        w = waits.get(thread)
        if what == "none":
            if w:
                yield f"{line}: {w}"
            continue
        if w is None:
            yield f"{line}: it waits for nothing"
            continue
        lock = locks.get(w.get("lock"), {})
        got = {k: w.get(v) for k, v in OF_WAIT.items()} | {k: lock.get(v) for k, v in OF_LOCK.items()}
        got["owner"] = tid_of.get(w.get("to"))
        got["thread_state"] = next(t.get("state") for t in data["threads"] if t["id"] == thread)
        for key, value in want.items():
            if key != "tid" and not same(key, value, got[key]):
                yield f"{line}: {key} is {got[key]}; {w.get('how')}; {lock.get('how')}"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        report = json.load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        words = [line.strip() for line in f if "=" in line]
    for line in compare(report, words, len(sys.argv) > 3):
        print(line)


if __name__ == "__main__":
    main()
