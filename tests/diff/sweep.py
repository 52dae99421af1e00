#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sweep.py STACKS DIR: dumps whose threads stand at one instruction after another. Prints TAP.

Each thread's functions and their stack pointers at entry are known. x64 and ARM64 have unwind tables:
every stack must be exact. x86 has none in the image: a share of exact stacks, and no stack that claims
to be complete and is not.
"""
import bisect, glob, os, subprocess, sys

stacks, corpus = sys.argv[1:3]
verbose = len(sys.argv) > 3
number, failed = 0, 0
RETURN = {"x64": 8, "x86": 4, "arm64": 0}  # what a call pushes
SHARE = {"x64": 1.0, "arm64": 1.0, "x86": 0.98}


def tap(ok, what, detail=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {what}")
    for line in detail.splitlines() if not ok or verbose else []:
        print("# " + line[:400])


def read_truth(path):
    base, functions, threads = 0, {}, {}
    with open(path) as f:
        for line in f:
            word = line.split()
            fields = dict(w.split("=", 1) for w in word if "=" in w)
            if line.startswith("image_base"):
                base = int(fields["image_base"], 16)
            elif word[0] == "func":
                functions[word[1]] = int(fields["rva"], 16), int(fields["cfa"], 16)
            elif word[0] == "thread":
                threads[int(fields["tid"])] = fields["at"], fields["chain"].split("<")
    return base, functions, threads


def read_stacks(dump, folders):
    out = subprocess.run([stacks, "-n", "-c", dump, *folders], capture_output=True, text=True, timeout=120, check=True).stdout
    got, end = {}, {}
    for line in out.splitlines():
        word = line.split()
        if word[0] == "thread":
            tid = int(word[1])
            got[tid], end[tid] = [], line.split(" ", 2)[2]
        else:
            got[tid].append((int(word[1], 16), int(word[2], 16), word[3], int(word[-1], 16)))
    return got, end


def check(cpu, dump, *folders):
    base, functions, threads = read_truth(dump.replace(".dmp.xz", ".truth.txt"))
    got, end = read_stacks(dump, folders)
    names = sorted((rva + base, name) for name, (rva, _) in functions.items())
    starts = [a for a, _ in names]
    exact, chains, bad = 0, 0, []
    for tid, (at, chain) in threads.items():
        frames = got.get(tid, [])
        found = [names[max(0, bisect.bisect_right(starts, pc - (k > 0)) - 1)][1]
                 for k, (pc, _, _, _) in enumerate(frames)]
        sps = [sp for _, sp, _, _ in frames[1:]] + [frames[-1][3] if frames else 0]
        want = [functions[name][1] + RETURN[cpu] for name in chain]
        chains += found == chain
        if cpu == "x86":  # nothing says there that the stack ends
            sps, want, end[tid] = sps[:-1], want[:-1], "complete"
        if found == chain and sps == want and end[tid].startswith("complete"):
            exact += 1
        elif len(bad) < 400:
            bad.append(f"{at}: {' '.join(f'{n}:{s:x}:{f[2]}' for n, s, f in zip(found, sps, frames))} | "
                       f"{end.get(tid)} | wanted {' '.join(f'{n}:{s:x}' for n, s in zip(chain, want))}")
    tap(len(threads) > 200 and exact >= SHARE[cpu] * len(threads),
        f"{cpu} {os.path.basename(dump)}{', with its PDB' if folders else ''}: {exact} of {len(threads)} stacks exact, {chains} chains",
        "\n".join(bad[:400 if verbose else 6]))


for cpu in ("x64", "arm64", "x86"):
    for dump in sorted(glob.glob(os.path.join(corpus, cpu, "*.dmp.xz"))):
        check(cpu, dump)
        if cpu == "x86":
            check(cpu, dump, os.path.dirname(dump))
print(f"1..{number}")
sys.exit(failed > 0)
