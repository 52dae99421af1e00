#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports of the corpus' minidumps against other readers and what the programs said. Prints TAP.

For each dump: a report comes out; threads, CPU, system, crash and modules equal what the recorded
minidump_dump and minidump_stackwalk say; threads, names, ids, crash and handles equal the truth file of
the Wine set. A difference that is not ours is a line of the list of explained ones: file, fact, why.
"""
import csv, glob, json, lzma, os, re, subprocess, sys, tempfile

corpus = os.path.join(os.environ["DUMPAN_CORPUS"], "dumps")
dumpan = os.environ["DUMPAN"]
SETS = ("breakpad", "lldb", "syzygy", "wine", "rust-minidump", "symbolic", "node-minidump")
number, failed = 0, 0
with open(sys.argv[1]) as f:
    EXPLAINED = {(row[0], row[1]): row[2] for row in csv.reader(f, delimiter="\t") if row and row[0][0] != "#"}
used = set()


def tap(ok, what, detail=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {what}")
    for line in str(detail).splitlines() if not ok else []:
        print("# " + line[:600])


def text(path):
    if path.endswith(".xz"):
        return lzma.open(path, "rt", errors="replace").read()
    return open(path, errors="replace").read()


class Differences:
    """What is compared of one dump."""

    def __init__(self, name):
        self.name, self.wrong = name, []

    def same(self, fact, ours, theirs):
        if ours == theirs:
            return
        if (self.name, fact) in EXPLAINED:
            used.add((self.name, fact))
            return
        if isinstance(ours, (set, frozenset)):
            ours, theirs = sorted(ours - theirs)[:6], sorted(theirs - ours)[:6]
        self.wrong.append(f"{fact}: ours {ours}, theirs {theirs}")


def report(path, *more):
    run = subprocess.run([dumpan, "report", "--format", "json", "--redact", "none", "--no-local-symbols", *more,
                          path], capture_output=True, timeout=120)
    return run.returncode, json.loads(run.stdout) if run.returncode == 0 else None, run.stderr.decode()


def base_name(path):
    return re.split(r"[/\\]", path)[-1]


# ---------------------------------------------------------------- recorded peers

CPUS = {"amd64": "x86_64", "x86": "x86", "arm64": "aarch64", "arm": "arm"}


def peer_files(name):
    found = glob.glob(os.path.join(corpus, "peers", name + ".*"))
    found += glob.glob(os.path.join(corpus, "peers", re.sub(r"\.xz$", "", name) + ".*"))
    return {kind: f for f in found for kind in ("minidump_dump", "minidump_stackwalk-m") if kind in f}


def block(dump, title):
    m = re.search(rf"^{title}\n(.*?)(?=^\S+\n|\Z)", dump, re.S | re.M)
    return m.group(1) if m else ""


def threads_of_dump(dump):
    return [int(x, 16) for x in re.findall(r"^MDRawThread\n\s+thread_id\s+= (0x[0-9a-f]+)", dump, re.M)]


def crash_address(r):
    return r["data"].get("exception", {}).get("address")


def compare_machine(d, r, lines):
    data = r["data"]
    for line in lines:
        field = line.split("|")
        if field[0] == "CPU" and field[1] in CPUS:
            d.same("cpu", data["process"]["arch"], CPUS[field[1]])
        elif field[0] == "OS":
            system = {"Windows NT": "windows", "Linux": "linux", "Mac OS X": "macos"}.get(field[1])
            d.same("system", data["process"].get("os"), system)
        elif field[0] == "Crash":
            compare_crash(d, data, field)
    modules = [line.split("|") for line in lines if line.startswith("Module|")]
    if all(len(x) > 5 and re.fullmatch("0x[0-9a-f]+", x[5]) for x in modules):  # else its log cut in
        compare_modules(d, data, modules)
    tops = [line.split("|") for line in lines if re.match(r"\d+\|0\|", line)]
    compare_tops(d, data, tops)


def compare_crash(d, data, field):
    e = data.get("exception")
    reason, address, thread = field[1], field[2], field[3]
    if reason.startswith("No crash") or not reason:
        d.same("crash", e, None)
        return
    if e is None:
        d.same("crash", "none", reason if reason != "0x00000000 / 0x00000000" else "none")
        return
    name = e["name"].replace("ARRAY_BOUNDS", "BOUNDS")  # winnt.h, and Breakpad's word
    access = {"read": "_READ", "write": "_WRITE", "execute": "_EXEC"}.get(e.get("access"), "")
    d.same("crash", reason.split(" ")[0].split("/")[0] in (name, name + access), True)
    if address and "address" in e:
        d.same("crash address", int(e["address"], 16), int(address, 16))
    if thread:
        d.same("crash thread", e["thread"], f"t{int(thread) + 1}")


def guid(build_id):
    """The first 16 bytes of a build-id as Breakpad writes them: as a GUID."""
    b = bytes.fromhex(build_id)[:16]
    return (b[3::-1] + b[5:3:-1] + b[7:5:-1] + b[8:]).hex().upper()


def compare_modules(d, data, rows):
    ours = [m for m in data.get("modules", []) if not m.get("unloaded")]
    d.same("modules", {(m["name"], int(m["base"], 16)) for m in ours},
           {(base_name(x[1]), int(x[5], 16)) for x in rows})
    ids = {int(m["base"], 16): m for m in ours}
    for x in rows:
        m = ids.get(int(x[5], 16))
        if m is None:
            continue
        if x[2] and x[2] != "0.0.0.0":
            d.same(f"version of {x[1]}", m.get("version"), x[2])
        if "build_id" in m and x[4] and len(m["build_id"]) >= 32:
            d.same(f"build-id of {x[1]}", guid(m["build_id"]) + "0", x[4].upper())
        if "pdb_id" in m and x[4] and x[4].strip("0"):
            d.same(f"id of {x[1]}", m["pdb_id"] + "%X" % m["pdb_age"], x[4].upper())


def compare_tops(d, data, rows):
    """The innermost frame: module and offset; of the dead thread the registers of the exception."""
    stack = {}
    for s in data.get("stacks", []):
        for t in s["threads"]:
            stack.setdefault(t, s["frames"])  # a second one shows the handler of the exception
    for x in rows:
        if len(x) < 7:
            continue
        frames = stack.get(f"t{int(x[0]) + 1}")
        if x[2] and not x[3] and frames:  # with a function the offset is one in it
            d.same(f"top of t{int(x[0]) + 1}", (frames[0].get("module_name"), frames[0].get("module_offset")),
                   (base_name(x[2]), x[6]))


def compare_peers(d, r, name):
    files = peer_files(name)
    if "minidump_dump" in files:
        ids = threads_of_dump(text(files["minidump_dump"]))
        if ids:
            d.same("threads", [t["tid"] for t in r["data"].get("threads", [])], ids)
    if "minidump_stackwalk-m" in files:
        whole = text(files["minidump_stackwalk-m"])
        if "# exit: 0" in whole:
            compare_machine(d, r, whole.splitlines())


# ---------------------------------------------------------------- truth of the Wine set

MODES = {"av-read": ("EXCEPTION_ACCESS_VIOLATION", "read"), "av-write": ("EXCEPTION_ACCESS_VIOLATION", "write"),
         "av-exec": ("EXCEPTION_ACCESS_VIOLATION", "execute"), "divzero": ("EXCEPTION_INT_DIVIDE_BY_ZERO", None),
         "noncont": ("EXCEPTION_NONCONTINUABLE_EXCEPTION", None), "stackoverflow": ("EXCEPTION_STACK_OVERFLOW", None),
         "segv": ("SIGSEGV", None), "abort": ("SIGABRT", None), "fpe": ("SIGFPE", None)}


def truth_of(path):
    name = re.sub(r"\.dmp\.xz$", "", path)
    for t in (name, re.sub(r"-(stack|modified-memory|full)$", "", name)):
        if os.path.exists(t + ".truth.txt"):
            return text(t + ".truth.txt")
    return None


def compare_truth(d, r, path, truth):
    data, facts = r["data"], dict(re.findall(r"^(\w+)=(.*)$", truth, re.M))
    threads = {t["tid"]: t for t in data.get("threads", [])}
    if facts.get("program") == "sweep":
        d.same("threads", len(threads), int(facts["threads"]))
        return
    if "pid" not in facts:
        return
    d.same("pid", data["process"].get("pid"), int(facts.get("crash_pid", facts["pid"])))
    named = re.findall(r"^thread tid=(\d+) name=(\S.*?) (?:entry=|state=)", truth, re.M)
    d.same("threads", set(threads) >= {int(t) for t, _ in named}, True)
    if any("name" in t for t in threads.values()):
        # the truth file has the part of a name that is ASCII
        wrong = [(t, n) for t, n in named if not threads.get(int(t), {}).get("name", "").endswith(n)]
        d.same("names", wrong, [])
    if "main_tid" in facts and "created" in data["threads"][0]:
        d.same("main thread", [t["tid"] for t in data["threads"] if t["role"] == "main"], [int(facts["main_tid"])])
    if "command_line" in data["process"] and "cmdline" in facts:
        d.same("command line", " ".join(data["process"]["command_line"]), facts["cmdline"].replace('"', "").strip())
    if "crash_tid" in facts:
        compare_raised(d, data, facts, threads)
    if "handles" in data:
        compare_handles(d, data, truth)


def compare_raised(d, data, facts, threads):
    e = data.get("exception") or {}
    tid = {t["id"]: t["tid"] for t in threads.values()}
    d.same("crash thread", tid.get(e.get("thread")), int(facts["crash_tid"]))
    if facts["mode"] in MODES:
        name, access = MODES[facts["mode"]]
        d.same("crash", e.get("name"), name)
        d.same("access", e.get("access") if access else None, access)


def compare_handles(d, data, truth):
    ours = {(h.get("type"), base_name(h.get("name", ""))) for h in data["handles"]}
    for kind, name in re.findall(r"^handle \S+ value=\S+ type=(\S+)(?: name=(\S+))?", truth, re.M):
        d.same(f"handle {kind} {name}", (kind, name) in ours, True)


# ---------------------------------------------------------------- answers of lldb's tests


def answers():
    folder = os.path.join(corpus, "lldb", "yaml-minidump")
    for name, path, ident in re.findall(r"^(\S+\.dmp) module\[\d\] (\S+) id (\S+)$",
                                        text(os.path.join(folder, "module-ids.answer.txt")), re.M):
        r = report(os.path.join(folder, name))[1]
        ours = {m["path"]: m.get("build_id") for m in r["data"]["modules"]}
        wanted = ident.replace("-", "").lower()
        tap(ours.get(path) == wanted, f"{name}: id of {path}", f"ours {ours}, theirs {wanted}")
    rows = re.findall(r"^0x(\w+)-0x(\w+) \S+ (\S+)$", text(os.path.join(folder, "regions-linux-map.answer.txt")), re.M)
    r = report(os.path.join(folder, "regions-linux-map.dmp"))[1]
    ours = {(x["start"], x["end"], x.get("name", "(anonymous)")) for x in r["data"]["memory_ranges"]}
    theirs = {("0x" + a.lower(), "0x" + b.lower(), c) for a, b, c in rows}
    tap(ours == theirs, "regions-linux-map.dmp: regions", sorted(ours ^ theirs))


# ---------------------------------------------------------------- STACK CFI

# Recorded answers where unwinding was done by STACK CFI alone: no program or library is in the corpus.
# The first frames as (pc, sp, function), known to the tests of symbolic (frame 1 of both; the others by
# the order of the peers' scan), of lldb (crash <- _start, and nothing else) and of drgn. The symbols are
# what dump_syms wrote; symbolic keeps its records without the line MODULE, which goes before them here.
CFI = (
    ("symbolic/py-minidump/crash_linux.dmp", ["symbolic/py-minidump/crash_linux.sym.xz"],
     "MODULE Linux x86_64 D2554CDB926136C4B9766A086583B9B50 crash_linux",
     [(0x40206d, None, None), (0x40207a, 0x7ffea5979b28, None), (0x402144, None, None)], None),
    ("symbolic/py-minidump/crash_macos.dmp", ["symbolic/py-minidump/crash_macos.sym"],
     "MODULE mac x86_64 3F58BC3DEABE3361B5FB52A6762985980 crash_macos",
     [(0x10215d3a1, None, None), (0x10215d386, 0x7fff5daa3600, None), (0x10215d278, None, None)], None),
    ("lldb/minidump-new/linux-x86_64.dmp", ["peers/lldb/minidump-new/linux-x86_64.breakpad-dump_syms-*"], None,
     [(None, None, "crash()"), (None, None, "_start")], "complete"),
    ("drgn/crashme.core.zst", ["peers/drgn/crashme.breakpad-dump_syms-*", "peers/drgn/crashme.so.breakpad-dump_syms-*"],
     None, [(None, None, "c"), (None, None, "b"), (None, None, "a"), (None, None, "crashme"), (None, None, "main"),
            (0x7f6112ad8088, None, None)], None),
)


def store(folder, pattern, module):
    """A .sym file of the corpus into a symbol store."""
    (path,) = glob.glob(os.path.join(corpus, pattern))
    lines = [x for x in text(path).splitlines() if x and x[0] != "#"]
    if module:
        lines.insert(0, module)
    ident, name = lines[0].split(" ", 4)[3:]
    os.makedirs(os.path.join(folder, name, ident))
    with open(os.path.join(folder, name, ident, name + ".sym"), "w") as f:
        f.write("\n".join(lines) + "\n")


def by_cfi(name, symbols, module, wanted, end):
    with tempfile.TemporaryDirectory() as folder:
        for pattern in symbols:
            store(folder, pattern, module)
        code, r, err = report(os.path.join(corpus, name), "--symbols", folder)
    stack = next((s for s in r["data"]["stacks"] if s["rank"] == "faulting"), {}) if r else {}
    frames = stack.get("frames", [])
    wrong = [] if r else [f"exit {code}: {err}"]
    for i, (pc, sp, function) in enumerate(wanted):
        f = frames[i] if i < len(frames) else {}
        ours = (int(f["pc"], 16) if pc and f else None, int(f["sp"], 16) if sp and f else None,
                f.get("function") if function else None)
        if ours != (pc, sp, function) or f.get("trust") != ("cfi" if i else "context"):
            wrong.append(f"frame {i}: {f}, wanted {pc} {sp} {function}")
    if end and (stack.get("end"), len(frames)) != (end, len(wanted)):
        wrong.append(f"{len(frames)} frames, ended {stack.get('end')}")
    tap(not wrong, f"{name}: by STACK CFI", "\n".join(wrong))


# ---------------------------------------------------------------- cut anywhere

CUT = ("lldb/sigsegv/sigsegv.dmp", "wine/dumps/x64-pdb-av-read-filter-mini.dmp.xz",
       "wine/linux/lldb-hang-stack.dmp.xz")


def cut_everywhere(name):
    """Every 4 KiB a shorter dump: a report that says it is cut, or one sentence on why there is none."""
    path = os.path.join(corpus, name)
    whole = lzma.open(path).read() if name.endswith(".xz") else open(path, "rb").read()
    wrong, threads = [], 0
    for size in range(0, len(whole), 4096):
        with tempfile.NamedTemporaryFile(suffix=".dmp") as f:
            f.write(whole[:size])
            f.flush()
            code, r, err = report(f.name)
        if r is None and (code != 2 or err.count("\n") != 1):
            wrong.append(f"{size} bytes: exit {code}: {err[:200]}")
        elif r is not None and not r["data"]["input"]["truncated"]:
            wrong.append(f"{size} bytes: not said to be cut")
        elif r is not None:
            n = len(r["data"].get("threads", []))
            if n < threads:
                wrong.append(f"{size} bytes: {n} threads, {threads} before")
            threads = n
    tap(not wrong, f"{name}, cut every 4 KiB", "\n".join(wrong))


# ---------------------------------------------------------------- all of them


def one(path):
    name = os.path.relpath(path, corpus)
    d = Differences(name)
    code, r, err = report(path)
    if r is None:
        d.same("report", f"exit {code}: {err.strip()[:200]}", "a report")
    elif r.get("input_format") or r["data"]["input"]["format"] == "minidump":
        compare_peers(d, r, name)
        truth = truth_of(path)
        if truth:
            compare_truth(d, r, path, truth)
    tap(not d.wrong, name, "\n".join(d.wrong))


for directory in SETS:
    for suffix in ("dmp", "dmp.xz"):
        for found in sorted(glob.glob(os.path.join(corpus, directory, "**", "*." + suffix), recursive=True)):
            if "notminidump" not in found:
                one(found)
answers()
for case in CFI:
    by_cfi(*case)
for cut in CUT:
    cut_everywhere(cut)
left = sorted(set(EXPLAINED) - used)
tap(not left, "every explained difference is still one", "\n".join("\t".join(x) for x in left))
print(f"1..{number}")
sys.exit(failed > 0)
