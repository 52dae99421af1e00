#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports of the corpus' Linux cores against what other tools recorded of them. Prints TAP.

For each ELF core of $DUMPAN_CORPUS/dumps/manifest.tsv: the report is valid JSON; threads (tid) equal the
PRSTATUS notes that eu-readelf lists; modules with build-id equal eu-unstrip's; frames are compared with
eu-stack's and gdb's thread by thread. A walk that is shorter than a peer's, or differs, must have its
reason in corpus-explained.tsv. A table of frames (equal, longer, shorter, different) ends the output.
"""
import json, os, re, subprocess, sys

corpus = os.path.join(os.environ["DUMPAN_CORPUS"], "dumps")
dumpan = os.environ["DUMPAN"]
here = os.path.dirname(os.path.abspath(__file__))
number, failed = 0, 0


def tap(ok, what, detail=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {what}")
    for line in detail.splitlines() if detail and not ok else []:
        print("# " + line)


def rows(path):
    with open(path, encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            yield dict(zip(head, line.rstrip("\n").split("\t")))


def explained():
    table = {}
    with open(os.path.join(here, "corpus-explained.tsv"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                path, peer, why = line.rstrip("\n").split("\t")
                table[path, peer] = why
    return table


def peer_text(path, tool):
    stem = re.sub(r"\.(xz|bz2|zst|gz)$", "", path)
    folder = os.path.join(corpus, "peers", os.path.dirname(stem))
    base = os.path.basename(stem)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.startswith(base + "." + tool):
            with open(os.path.join(folder, name), errors="replace") as f:
                return f.read()
    return None


def eu_stack(text):
    threads, tid = {}, None
    for line in text.splitlines():
        m = re.match(r"TID (\d+):", line)
        if m:
            tid = int(m.group(1))
            threads[tid] = []
        m = re.match(r"#\d+\s+0x([0-9a-f]+)", line)
        if m and tid is not None:
            pc = int(m.group(1), 16)
            if not threads[tid] or threads[tid][-1] != pc:
                threads[tid].append(pc)
    return threads


def gdb(text):
    threads, tid, inside = {}, None, False
    for line in text.splitlines():
        m = re.match(r"Thread \d+ \((?:Thread 0x[0-9a-f]+ \()?LWP (\d+)\)", line)
        if m:
            tid, inside = int(m.group(1)), True
            threads[tid] = []
            continue
        m = re.match(r"#\d+\s+(?:0x([0-9a-f]+) in )?", line)
        if inside and m and m.group(0).strip():
            if m.group(1):
                threads[tid].append(int(m.group(1), 16))
        elif inside and not line.startswith("#"):
            if re.match(r"\w+\s+0x", line):
                inside = False
    return threads


def ours(report):
    tids = {t["id"]: t["tid"] for t in report["data"].get("threads", [])}
    out = {}
    for stack in report["data"].get("stacks", []):
        pcs = [int(f["pc"], 16) for f in stack.get("frames", []) if not f.get("inlined")]
        trusts = [f["trust"] for f in stack.get("frames", []) if not f.get("inlined")]
        for t in stack["threads"]:
            out[tids[t]] = (pcs, trusts)
    return out


def compare(mine, peer):
    """equal, longer, shorter, different; gdb leaves out the pc of a frame at a line's start."""
    pcs = mine[0] if mine else []
    n = min(len(pcs), len(peer))
    if pcs[:n] != peer[:n]:
        return "different"
    return "equal" if len(pcs) == len(peer) else "longer" if len(pcs) > len(peer) else "shorter"


def unstrip(text):
    mods = {}
    for line in text.splitlines():
        # a file of the recording machine ("/lib/…") tells nothing about the core
        m = re.match(r"0x([0-9a-f]+)\+0x[0-9a-f]+ ([0-9a-f]{16,})@0x[0-9a-f]+ [.-] [.-] ", line)
        if m:
            mods[m.group(2)] = int(m.group(1), 16)
    return mods


def check(path, table, why):
    run = subprocess.run([dumpan, "report", "--format", "json", "--no-local-symbols",
                          os.path.join(corpus, path)], capture_output=True, timeout=60)
    if run.returncode != 0:
        tap(False, f"{path}: a report", run.stderr.decode(errors="replace"))
        return
    report = json.loads(run.stdout)
    tap(report["schema"] == "dumpan-report/1", f"{path}: a report")
    if report["status"] == "minimal":
        return
    notes = peer_text(path, "eu-readelf")
    if notes:
        want = [int(x) for x in re.findall(r"^\s+pid: (\d+), ppid: \d+, pgrp: \d+, sid: \d+\n(?!\s+fname)",
                                           notes, re.M)]
        got = [t["tid"] for t in report["data"].get("threads", [])]
        tap(not want or sorted(set(want)) == sorted(set(got)), f"{path}: threads",
            f"wanted {want}\ngot {got}")
    mods = unstrip(peer_text(path, "eu-unstrip") or "")
    got = {m.get("build_id"): int(m["base"], 16) for m in report["data"].get("modules", [])}
    missing = {i for i in mods if i not in got}
    tap(not missing, f"{path}: {len(mods)} build-ids", f"missing {missing}")
    mine = ours(report)
    for tool, parse in (("eu-stack", eu_stack), ("gdb-multiarch", gdb)):
        text = peer_text(path, tool)
        for tid, pcs in sorted(parse(text).items()) if text else []:
            result = compare(mine.get(tid), pcs)
            table[tool][result] += 1
            if result in ("shorter", "different") and (path, tool) not in why:
                table[tool]["unexplained"] += 1
                print(f"# {path} {tool} thread {tid} {result}:\n#   ours "
                      f"{[hex(p) for p in (mine.get(tid) or ([],))[0][:12]]}\n#   peer "
                      f"{[hex(p) for p in pcs[:12]]}")


def main():
    table = {t: dict(equal=0, longer=0, shorter=0, different=0, unexplained=0)
             for t in ("eu-stack", "gdb-multiarch")}
    why = explained()
    for row in rows(os.path.join(corpus, "manifest.tsv")):
        if row["kind"] == "elfcore":
            check(row["path"], table, why)
    for tool, t in table.items():
        print(f"# {tool}: {t}")
        tap(t["unexplained"] == 0, f"frames against {tool}: nothing shorter or different without a reason")
    print(f"1..{number}")
    sys.exit(failed > 0)


main()
