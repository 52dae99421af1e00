# SPDX-License-Identifier: Apache-2.0
"""How far dumpan and dotnet-dump agree on managed frames: clrstack.py REPORT.json CLRSTACK.txt

CLRSTACK.txt is what "clrstack -all" printed. A frame is one instruction pointer in code with a name; frames of the
runtime ([HelperMethodFrame…]) have none. Of a call that left managed code dotnet-dump shows where the frame of the
runtime says that it was made, a few bytes before it returns. Lines are those of the program's own code."""
import json
import re
import sys

THREAD = re.compile(r"^OS Thread Id: 0x([0-9a-f]+)")
FRAME = re.compile(r"^[0-9A-F]{16} ([0-9A-F]{16}) ([^\[].*)")
LINE = re.compile(r" \[.* @ (\d+)\]$")


def same_frames(ours, theirs):
    return len(ours) == len(theirs) and all(
        int(f["pc"], 16) == pc or (i == 0 and 0 <= int(f["pc"], 16) - pc < 64) for i, (f, (pc, _)) in enumerate(zip(ours, theirs)))


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        data = json.load(f)["data"]
    tids = {t["id"]: t["tid"] for t in data["threads"]}
    ours = {tids[t]: [f for f in s["frames"] if f["kind"] in ("managed", "dynamic") or (f["kind"] == "stub" and "(stub)" in f.get("function", ""))] for s in data["stacks"] for t in s["threads"]}
    theirs, frames = {}, None
    with open(sys.argv[2], encoding="utf-8", errors="replace") as f:
        for line in f:
            if m := THREAD.match(line):
                frames = theirs.setdefault(int(m[1], 16), [])
            elif frames is not None and (m := FRAME.match(line.rstrip())):
                place = LINE.search(m[2])
                frames.append((int(m[1], 16), int(place[1]) if place else None))
    both = [t for t in theirs if t in ours and theirs[t]]
    alike = [t for t in both if same_frames(ours[t], theirs[t])]
    lines = same = 0
    for t in alike:
        for mine, (_, line) in zip(ours[t], theirs[t]):
            lines += line is not None
            same += line is not None and mine.get("line") == line
    print("%d of %d threads alike, %d managed frames; %d of %d lines alike" %
          (len(alike), len(both), sum(len(ours[t]) for t in alike), same, lines))


main()
