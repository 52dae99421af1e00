# SPDX-License-Identifier: Apache-2.0
"""What the corpus' programs said about their threads' waits against a report: kind, object, owner.

A truth line: STATE tid=T obj=ADDRESS owner=TID extra=N self=PTHREAD. Zero false owners is the goal, so a report that
names somebody else is always wrong; one that names nobody is wrong where the object stores its owner.
"""

# By the beginning of the state's name, longest first: kind of the wait, is obj its address, is the owner stored in it.
STATES = [
    ("mutex", ("pthread-mutex", True, True)), ("c11-mtx", ("pthread-mutex", True, True)),
    ("rwlock", ("pthread-rwlock", True, True)), ("rdlock", ("pthread-rwlock", True, False)),
    ("wrlock", ("pthread-rwlock", True, False)), ("cond", ("pthread-cond", True, False)),
    ("c11-cnd", ("pthread-cond", True, False)), ("x-cond-any", ("pthread-cond", True, False)),
    ("sem", ("semaphore", True, False)), ("semop", ("semaphore", False, False)), ("barrier", ("barrier", True, False)),
    ("once", ("pthread-once", True, False)), ("x-once", ("pthread-once", True, False)),
    ("join", ("pthread-join", True, True)), ("x-jthread-join", ("pthread-join", False, False)),
    ("stdio-lock", ("stdio", True, True)), ("dl-load-lock", ("loader", False, False)),
    ("futex-wait", ("futex", True, False)), ("futex-waitv", ("futex", False, False)), ("x-sleep", ("sleep", False, False)),
    ("x-", ("futex", False, False)), ("read", ("file", False, False)), ("write", ("file", False, False)),
    ("recv", ("socket", False, False)), ("accept", ("socket", False, False)), ("poll", ("poll", False, False)),
    ("select", ("poll", False, False)), ("epoll_wait", ("poll", False, False)), ("nanosleep", ("sleep", False, False)),
    ("clock_nanosleep", ("sleep", False, False)), ("waitpid", ("child", False, False)), ("waitid", ("child", False, False)),
    ("sigwaitinfo", ("signal", False, False)), ("sigsuspend", ("signal", False, False)), ("flock", ("file", False, False)),
    ("fcntl", ("file", False, False)), ("msgrcv", ("pipe", False, False)),
]
# Holders and what only marks a place; "returned": a kernel without the call.
LEFT_OUT = ("pause", "runner", "main", "holder", "main-end", "returned")
# Owners that the truth does not write down.
UNSAID = {"dl-load-lock", "x-jthread-join", "x-once", "once", "x-static-guard"}


def wanted(state):
    return next((want for name, want in sorted(STATES, key=lambda s: -len(s[0])) if state.startswith(name)), None)


def wrong(report, text, nameless, musl):
    """Lines for people; none: all agree."""
    data = report["data"]
    tid_of = {t["id"]: t["tid"] for t in data["threads"]}
    id_of = {t["tid"]: t["id"] for t in data["threads"]}
    locks = {l["id"]: l for l in data.get("locks", [])}
    waits = {}
    for w in data.get("waits", []):
        waits.setdefault(w["from"], w)
    lines = [line.split() for line in text.splitlines()]
    gave_up = {line[1] for line in lines if line and line[0].endswith("returned")}
    for state, *rest in lines:
        if not rest or "=" not in rest[0] or state.endswith(LEFT_OUT) or rest[0] in gave_up:
            continue
        says = dict(x.split("=") for x in rest)
        thread = id_of.get(int(says["tid"]))
        w = waits.get(thread)
        if thread is None:
            continue
        if state in ("spin", "running"):
            if w and w["confidence"] >= 0.6 and (state != "spin" or w["kind"] != "spin" or
                                                 int(w["address"], 0) != int(says["obj"], 0)):
                yield f"{state} {says['tid']}: runs, but {w}"
            continue
        want = wanted(state)
        if want is None or w is None:
            yield f"{state} {says['tid']}: no wait" if want else f"{state}: this test does not know it"
            continue
        kind, addressed, stored = want
        lock = locks.get(w.get("lock"), {})
        address, owner, got = int(w.get("address", "0"), 0), int(says["owner"]), tid_of.get(w.get("to"))
        about = f"{w.get('how')}; {lock.get('how')}"
        if kind == "pthread-cond" and w["kind"] == "pthread-mutex" and address == int(says["extra"], 0):
            continue  # it was signalled, and wants its mutex now
        if nameless and kind == "pthread-once" and w["kind"] == "futex" and got is None:
            continue  # only names tell a word that is 1
        if w["kind"] != kind:
            yield f"{state} {says['tid']}: {w['kind']}, not {kind}: {about}"
        elif addressed and address != int(says["obj"], 0):
            yield f"{state} {says['tid']}: {address:#x}, not {says['obj']}: {about}"
        if got is not None and got != owner and state not in UNSAID and not (musl and state == "join"):
            yield f"{state} {says['tid']}: FALSE OWNER {got}, not {owner}: {about}"
        silent = musl and (kind == "pthread-rwlock" or says["extra"] == "0")  # musl's normal kinds store nobody
        if stored and owner and got is None and not silent and owner in id_of:
            yield f"{state} {says['tid']}: no owner, not {owner}: {about}"
        if state == "mutex-orphan" and lock.get("state") != "orphaned":
            yield f"{state} {says['tid']}: {lock}"
