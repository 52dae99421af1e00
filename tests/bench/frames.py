# SPDX-License-Identifier: Apache-2.0
"""How far two tools agree on the stacks of one dump: frames.py REPORT.json PEER.txt

REPORT.json is dumpan's report, PEER.txt what lldb ("thread backtrace all") or minidump_stackwalk printed.
A thread agrees when all its program counters are equal, in their order; a frame is named alike when the
peer's line has the function that dumpan names. Inlined calls, which not all tools show, count once.
"""
import json
import re
import sys

LLDB_THREAD = re.compile(r"^[* ] thread #(\d+)")
LLDB_FRAME = re.compile(r"^\s+[* ] frame #\d+: 0x([0-9a-f]+) (.*)")
WALK_THREAD = re.compile(r"^Thread (\d+)")
WALK_FRAME = re.compile(r"^ ?\d+  (.*)")
WALK_PC = re.compile(r"\brip = 0x([0-9a-f]+)")


def of_report(path):
    with open(path, encoding="utf-8") as f:
        data = json.load(f)["data"]
    stacks = {}
    index = {t["id"]: t["index"] for t in data["threads"]}
    for stack in data["stacks"]:
        frames = [(int(f["pc"], 16), f.get("function", "?")) for f in stack["frames"] if not f.get("inlined")]
        for thread in stack["threads"]:
            stacks[index[thread]] = frames
    return stacks


def of_peer(path):
    stacks, frames, text = {}, None, ""
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if m := LLDB_THREAD.match(line):
                frames = stacks.setdefault(int(m[1]), [])
            elif m := WALK_THREAD.match(line):
                frames = stacks.setdefault(int(m[1]) + 1, [])
            elif frames is None:
                continue
            elif m := LLDB_FRAME.match(line):
                pc = int(m[1], 16)
                if frames and frames[-1][0] == pc:
                    frames[-1] = (pc, frames[-1][1] + " " + m[2])
                else:
                    frames.append((pc, m[2]))
            elif m := WALK_FRAME.match(line):
                text = m[1]
            elif m := WALK_PC.search(line):
                frames.append((int(m[1], 16), text))
    return stacks


def main():
    ours, theirs = of_report(sys.argv[1]), of_peer(sys.argv[2])
    equal = named = frames = 0
    for thread, stack in ours.items():
        other = theirs.get(thread, [])
        frames += len(stack)
        equal += [pc for pc, _ in stack] == [pc for pc, _ in other]
        named += sum(a[0] == b[0] and re.search(r"\b%s\b" % re.escape(a[1]), b[1]) is not None
                     for a, b in zip(stack, other))
    print(f"{equal} of {len(ours)} threads and {named} of {frames} functions alike")


main()
