# SPDX-License-Identifier: Apache-2.0
"""The lines about locks and threads of a truth file of the corpus' Wine programs against a report.

usage: truth.py REPORT.json TRUTH    prints one line for everything that differs; nothing: all is well

What only memory of the program's data tells (owners of critical sections) is asked only where the dump has it.
"""
import json
import re
import sys


def fields(line):
    return dict(x.split("=", 1) for x in line.split() if "=" in x)


class Report:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.data = json.load(f)["data"]
        self.tid_of = {t["id"]: t["tid"] for t in self.data["threads"]}
        self.by_name = {t.get("name", str(t["tid"])): t["id"] for t in self.data["threads"]}
        self.locks = {l["id"]: l for l in self.data.get("locks", [])}
        self.waits = {}
        for w in self.data.get("waits", []):
            self.waits.setdefault(w["from"], []).append(w)

    def lock_at(self, address):
        return next((l for l in self.locks.values() if l.get("address") == address), None)

    def first(self, tid):
        thread = next((i for i, t in self.tid_of.items() if t == tid), None)
        return thread, self.waits.get(thread, [None])[0]


def check_lock(r, what, name, f, crashed):
    lock = r.lock_at(f["addr"])
    if what == "critsec":
        held = int(f["owner_tid"]) != 0
        if not lock:
            return  # nobody waits for it that the dump can tell
        unread = "not in the dump" in lock.get("how", "")
        owner = r.tid_of.get(lock.get("owner"))
        if held and not unread and (owner != int(f["owner_tid"]) or lock.get("recursion") != int(f["recursion"])):
            yield f"{name}: {lock}"
        if not held and lock.get("owner"):
            yield f"{name}: {lock}"
    elif what == "srwlock" and lock:
        owner = r.tid_of.get(lock.get("owner"))
        if owner not in (None, int(f["exclusive_owner_tid"])):
            yield f"{name}: {lock}"


# What a thread's state says of its wait: kind, and the name of the lock in the truth.
STATES = [
    (r"blocked on (\w+)", "critical-section"),
    (r"^Sleep\((\d+)\)", "sleep"),
    (r"WaitForSingleObject\((g_bell_event)\)", "event"),
    (r"WaitForSingleObject\((g_gate_mutex)\)", "mutant"),
    (r"AcquireSRWLockShared\((\w+)\)", "srw"),
    (r"SleepConditionVariableCS\((\w+)\)", "condition-variable"),
    (r"WaitOnAddress\((\w+)\)", "address"),
    (r"recv on", "socket"),
    (r"SleepEx\(INFINITE", "sleep"),
    (r"any of g_auto_event", "event"),
    (r"on thread handles \(all\)", "thread"),
]


def check_thread(r, line, f, places, handles, listed):
    thread, wait = r.first(int(f["tid"]))
    state = line.split("state=", 1)[1].strip()
    if thread is None:
        yield f"{line}: not in the report"
        return
    if "running" in state:
        if wait or next(t for t in r.data["threads"] if t["id"] == thread).get("state") != "running":
            yield f"{line}: {wait}"
        return
    for pattern, kind in STATES:
        m = re.search(pattern, state)
        if not m:
            continue
        if wait is None:
            yield f"{line}: it waits for nothing"
            return
        if wait["kind"] != kind and (listed or wait["kind"] != "unknown"):
            yield f"{line}: {wait}"
        name = m.group(1) if m.groups() else None
        if name in places and wait.get("address") not in (places[name], None):
            yield f"{line}: {name} is at {places[name]}: {wait}"
        if name in handles and f"0x{int(handles[name]['value'], 0):x}" not in wait["how"]:
            yield f"{line}: {name} is handle {handles[name]['value']}: {wait}"
        if kind == "sleep" and wait.get("timeout_us") != (int(name) * 1000 if name else None):
            yield f"{line}: {wait}"
        told = "does not say" not in r.locks.get(wait.get("lock"), {}).get("how", "")
        if kind == "mutant" and listed and told and r.tid_of.get(wait.get("to")) != int(handles[name]["owner_tid"]):
            yield f"{line}: {wait}"
        return


def main():
    r = Report(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f]
    crashed = next((int(x.split("=")[1]) for x in lines if x.startswith("crash_tid=")), None)
    places, handles = {}, {}
    for line in lines:
        words = line.split()
        if words and words[0] in ("critsec", "srwlock", "condvar", "waitaddr"):
            places[words[1]] = fields(line)["addr"]
        elif words and words[0] == "handle":
            handles[words[1]] = fields(line)
    for line in lines:
        words = line.split()
        found = []
        if words and words[0] in ("critsec", "srwlock"):
            found = check_lock(r, words[0], words[1], fields(line), crashed)
        elif line.startswith("thread tid=") and "state=" in line and fields(line)["tid"] != str(crashed):
            found = check_thread(r, line, fields(line), places, handles, bool(r.data.get("handles")))
        for difference in found:
            print(difference)
    # All that the truth does not know of is an invention.
    known = {int(x, 0) for x in places.values()}
    for lock in r.locks.values():
        if lock["kind"] in ("critical-section", "srw") and lock.get("owner") and int(lock["address"], 0) not in known:
            if lock.get("waiters"):
                print(f"nobody told of {lock}")


if __name__ == "__main__":
    main()
