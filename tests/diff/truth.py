#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports of the corpus' own dumps against what the programs said about themselves. Prints TAP.

glibc-new: threads that the truth names, last words on stderr against the abort message or the C++
exception, stacks walked to their beginning with the files beside the corpus. aarch64-qemu: signal,
fault address and the chain of functions, innermost first. Of both: what each thread of locks, conds and their
like waits for, and who holds it (waits.py), with the files and without any.
"""
import glob, json, os, re, subprocess, sys, tarfile

import waits

corpus = os.path.join(os.environ["DUMPAN_CORPUS"], "dumps")
dumpan, work = os.environ["DUMPAN"], sys.argv[1]
number, failed = 0, 0


def tap(ok, what, detail=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {what}")
    for line in str(detail).splitlines() if not ok else []:
        print("# " + line[:400])


def report(core, *options):
    run = subprocess.run([dumpan, "report", "--format", "json", "--no-local-symbols", *options, core],
                         capture_output=True, timeout=120)
    return json.loads(run.stdout) if run.returncode == 0 else None


def faulting(r):
    """Frames of the dead thread: names (inlined calls too), and their trust."""
    for s in r["data"].get("stacks", []):
        if s["rank"] == "faulting":
            return [(f.get("function", "?"), f["trust"], f.get("repeat", 1)) for f in s["frames"]]
    return []


def glibc_new():
    for version in ("2.41", "2.43"):
        root = os.path.join(work, version)
        with tarfile.open(os.path.join(corpus, "glibc-new", f"files-{version}.tar.xz")) as t:
            t.extractall(root)
    for core in sorted(glob.glob(os.path.join(corpus, "glibc-new", "*.core.zst"))):
        name = os.path.basename(core)[:-len(".core.zst")]
        version = re.search(r"2\.4[13]", name)
        options = ["--sysroot", os.path.join(work, version.group(0), "root")] if version else []
        r = report(core, *options)
        tap(r is not None, f"{name}: a report")
        if r is None:
            continue
        own_truth(core, name, r)
        own_waits(core, core.replace(".core.zst", ".truth.txt"), name, r, options)
        last_words(core, name, r)
        if version:
            ends = [s["end"] for s in r["data"]["stacks"]]
            files = {m["name"] for m in r["data"].get("missing_files", [])}
            tap(all(e == "complete" for e in ends) or files - {"libc.so.6", "ld-linux-x86-64.so.2"},
                f"{name}: every stack to its beginning", f"{ends} {files}")


def own_truth(core, name, r):
    path = core.replace(".core.zst", ".truth.txt")
    if not os.path.exists(path):
        return
    with open(path) as f:
        want = {int(x) for x in re.findall(r"\btid=(\d+)", f.read())}
    got = {t["tid"] for t in r["data"]["threads"]}
    # Calls that a stop ends with EINTR have returned meanwhile, and their threads are gone; so are those
    # of the earlier rounds of conds.
    gone = want - got
    tap("conds" in name or len(gone) <= (6 if ".again" in name else 2), f"{name}: threads",
        f"missing {sorted(gone)}")
    main = {r["data"]["process"]["pid"]}
    helpers = 1 if "cxxlocks" in name else 0  # a thread that std::async made
    tap(len(got - want - main) <= helpers or "heap" in name, f"{name}: no thread too many", got - want)


def own_waits(core, truth, name, r, options):
    if not any(x in name for x in ("locks", "conds", "musl")):
        return
    with open(truth) as f:
        text = f.read()
    musl = "musl" in name
    bad = list(waits.wrong(r, text, nameless=not options, musl=musl))
    tap(not bad, f"{name}: waits and owners", "\n".join(bad))
    bare = report(core) if options else None
    if bare:
        bad = list(waits.wrong(bare, text, nameless=True, musl=musl))
        tap(not bad, f"{name}: waits and owners, without files", "\n".join(bad))


def last_words(core, name, r):
    path = core.replace(".core.zst", ".stderr.txt")
    if not os.path.exists(path) or not (name.startswith("die-") or name.startswith("cxx-")):
        return
    with open(path) as f:
        words = f.read().strip()
    e = r["data"].get("exception", {})
    if name.startswith("die-"):
        want = words.splitlines()[-1] if words else None
        tap(e.get("message") == want, f"{name}: last words", f"wanted {want}\ngot {e.get('message')}")
        tap(r["verdict"]["kind"] == "crash" and r["findings"][0]["severity"] == "error", f"{name}: an error",
            r["verdict"])
    elif "what()" in words and "hold" not in name:
        kind = re.search(r"instance of '([^']+)'", words).group(1)
        what = re.search(r"what\(\):\s+(.*)", words).group(1)
        if any(m["name"].startswith("libstdc++") for m in r["data"].get("missing_files", [])):
            what = e.get("cpp_what")  # which base class holds the text is told by libstdc++'s file
        tap((e.get("cpp_type"), e.get("cpp_what")) == (kind, what), f"{name}: the exception",
            f"wanted {kind} {what}\ngot {e.get('cpp_type')} {e.get('cpp_what')}")


def unpack(archive, folder):
    os.makedirs(folder, exist_ok=True)
    zstd = subprocess.Popen(["zstd", "-dcq", "--long=30", archive], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-C", folder, "-xSf", "-"], stdin=zstd.stdout, check=True)
    zstd.wait()


def aarch64():
    here = os.path.join(corpus, "aarch64-qemu")
    unpack(os.path.join(here, "cores.tar.zst"), os.path.join(work, "a64"))
    unpack(os.path.join(here, "bin.tar.zst"), os.path.join(work, "a64", "bin"))
    locks, options = os.path.join(work, "a64", "locks.core"), ["--symbols", os.path.join(work, "a64", "bin")]
    own_waits(locks, os.path.join(here, "locks.truth.txt"), "aarch64 locks", report(locks, *options), options)
    for path in sorted(glob.glob(os.path.join(here, "*.truth.json"))):
        name = os.path.basename(path)[:-len(".truth.json")]
        with open(path) as f:
            truth = json.load(f)
        r = report(os.path.join(work, "a64", name + ".core"), "--symbols", os.path.join(work, "a64", "bin"))
        tap(r is not None, f"aarch64 {name}: a report")
        if r is None:
            continue
        e = r["data"]["exception"]
        tid = {t["id"]: t["tid"] for t in r["data"]["threads"]}[e["thread"]]
        tap(e["name"] == truth["signal"], f"aarch64 {name}: signal", e)
        if not name.startswith("gdb-stub"):  # gdb numbers the guest's threads anew
            tap(tid == truth["tid"], f"aarch64 {name}: thread", f"{tid} {truth['tid']}")
        if truth["signal"] != "SIGILL" and truth["fault_address"] not in ("0", "0x0"):
            tap(e.get("address") == truth["fault_address"], f"aarch64 {name}: address", e)
        chain(name, truth["chain"], faulting(r))


def chain(name, want, frames):
    names = [f for f, _, _ in frames]
    if "..." in want:
        head, tail = want[:want.index("...")], want[want.index("...") + 1:]
        ok = names[:len(head)] == head and [n for n in names if n in tail] == \
            [n for n in tail if n in names] and tail[0] in names
    elif "abort" in want:
        rest = [w for w in want if w not in ("raise", "abort")]
        ok = [n for n in names if n in rest] == rest
    else:
        want = [w for w in want if w != "<signal handler called>"]
        names = [n for n in names if n not in ("__kernel_rt_sigreturn",)]
        if "handler" in name:  # the signal frame itself has no name in qemu's page
            names = [n for n in names if n != "?"]
        ok = names[:len(want)] == want
    tap(ok, f"aarch64 {name}: the chain", f"wanted {want}\ngot {frames}")


glibc_new()
aarch64()
print(f"1..{number}")
sys.exit(failed > 0)
