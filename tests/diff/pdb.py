#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pdb.py DA_SYMFILE CORPUS TMP: PDB files against what llvm-pdbutil and dump_syms said of them. Prints TAP.

Public symbols and functions must be those of the recorded dumps, all of them. Line blocks come from
llvm-pdbutil where it is installed (the records lack them): at every row of every block our line is asked.
At every line record of a .sym file the PDB that it was made from must have the same file and line.
"""
import glob, lzma, os, re, shutil, subprocess, sys

tool, corpus, tmp = sys.argv[1:4]
number, failed = 0, 0
PDBUTIL = next((t for t in ("llvm-pdbutil", *(f"llvm-pdbutil-{v}" for v in range(20, 13, -1))) if shutil.which(t)), None)
# .sym files with their PDB, and the share of records that must agree: dump_syms reads through DIA, which
# gives rows without code and rows between functions otherwise.
PAIRS = (("dump_syms/windows/dump_syms_regtest64.sym", "dump_syms/windows/dump_syms_regtest64.pdb.xz", 0.99),
         ("breakpad/windows-pdb/dump_syms_regtest.sym", "breakpad/windows-pdb/dump_syms_regtest.pdb.xz", 0.99),
         ("symbolic/windows/CrashWithException.pdb.sym", "symbolic/windows/CrashWithException.pdb.xz", 0.99))
# The code of three functions is one ret; the linker kept that of a file without lines.
FOLDED = {("syzygy/pdb/test_dll.pdb.xz", 1, 0x388)}
HIDDEN = (0xF00F00, 0xFEEFEE)


def tap(ok, what, detail=()):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {what}")
    for line in list(detail)[:12] if not ok else []:
        print("# " + str(line)[:300])


def plain(path):
    if not path.endswith(".xz"):
        return path
    out = os.path.join(tmp, os.path.relpath(path, corpus).replace("/", "_")[:-3])
    if not os.path.exists(out):
        with lzma.open(path) as a, open(out, "wb") as b:
            shutil.copyfileobj(a, b)
    return out


def ask(*args, stdin=""):
    return subprocess.run([tool, *args], input=stdin, capture_output=True, encoding="utf-8", errors="replace",
                          timeout=120).stdout.splitlines()


def recorded(pdb):
    path = os.path.join(corpus, "peers", os.path.relpath(pdb, corpus).removesuffix(".xz")) + \
        ".llvm-pdbutil-19.1.7-symbols.txt"
    for p, opener in ((path, open), (path + ".xz", lzma.open)):
        if os.path.exists(p):
            with opener(p, "rt", encoding="utf-8", errors="replace") as f:
                return f.read()
    return None


def symbols(text):
    publics, functions, inside = [], [], False
    for m in re.finditer(r"\| (S_PUB32|S_[GL]PROC32(?:_ID)?|S_THUNK32) \[size = \d+\] `(.*)`\n.*"
                         r"(?:\n.*code size.*)?", text):
        addr = re.search(r"addr = (\d+:\d+)", m[0])
        size = re.search(r"(?:code )?size = (\d+)(?!.*\])", m[0].split("\n", 1)[1])
        if m[1] == "S_PUB32":
            publics.append(f"{addr[1]} {m[2]}")
        elif m[1] != "S_THUNK32" and int(size[1]):
            functions.append(f"{addr[1]} {size[1]} {m[2]}")
    return sorted(publics), sorted(functions)


def check_symbols(pdb):
    text = recorded(pdb)
    if text is None:
        return
    name = os.path.relpath(pdb, corpus).removesuffix(".xz")
    file = plain(pdb)
    publics, functions = symbols(text)
    ours = sorted(line.replace("\\x7f", "\x7f") for line in ask("--publics", file))
    tap(ours == publics, f"{name}: {len(publics)} public symbols", sorted(set(ours) ^ set(publics)))
    ours = ask("--functions", file)
    missing = sorted(set(functions) - set(ours))
    tap(not missing, f"{name}: {len(functions)} functions", missing)
    # Every name is found by the hash, at an address that has it.
    # Absolute symbols have a segment behind the last section.
    last = max([p[:4] for p in publics], default="")
    absolute = {p[5:].split(" ", 1)[1] for p in publics if p[:4] == last}
    names = sorted({p.split(" ", 1)[1] for p in publics if "\x7f" not in p})
    got = {line.split(" ", 1)[1] for line in ask("--named", file, stdin="\n".join(names) + "\n")}
    tap(set(names) - absolute <= got <= set(names), f"{name}: names are found by their hash", set(names) - got)


def check_lines(pdb):
    file = plain(pdb)
    run = subprocess.run([PDBUTIL, "dump", "-l", file], capture_output=True, encoding="utf-8", errors="replace")
    want, known = {}, set()  # functions with the same code share an address: any of them
    for block in re.split(r"\n(?=\S)", run.stdout):
        head = block.split("\n", 1)[0]
        m = re.match(r"(.*) \((?:no checksum|[A-Z0-9-]+: [0-9A-F]*)\)", head)
        if not m:
            continue
        name = m[1]
        for part in re.split(r"\n(?=  \S)", block)[1:]:
            m = re.match(r"  (\w+):(\w+)-(\w+), ", part)
            if not m:
                continue
            seg, last = int(m[1], 16), {}
            for line, off in re.findall(r" (\d+) ([0-9A-F]{8}) ", part.replace("!", " ")):
                if int(line) in HIDDEN or not int(line):
                    known.add((seg, int(off, 16)))
                    continue
                last[int(off, 16)] = int(line)
            for off, line in last.items():
                want.setdefault((seg, off), set()).add(f"{name}:{line}")
    asked = [f"{s:x}:{o:x}" for s, o in want]
    got = dict(line.split(" ", 1) for line in ask("--lines", file, stdin="\n".join(asked) + "\n"))
    bad = [f"{s:x}:{o:x}: {got.get(f'{s:x}:{o:x}')} | {w}" for (s, o), w in want.items()
           if got.get(f"{s:x}:{o:x}") not in w and (s, o) not in known and
           (os.path.relpath(pdb, corpus), s, o) not in FOLDED]
    if want:
        tap(not bad, f"{os.path.relpath(pdb, corpus)}: {len(want)} rows of lines", bad)


def check_pair(sym, pdb, share):
    files, want = {}, {}
    sym, pdb = os.path.join(corpus, sym), plain(os.path.join(corpus, pdb))
    with open(sym) as f:
        for line in f:
            word = line.split()
            if line.startswith("FILE "):
                files[word[1]] = line.split(" ", 2)[2].strip()
            elif re.match(r"[0-9a-f]+ [0-9a-f]+ \d+ \d+$", line):
                want[int(word[0], 16)] = f"{files[word[3]]}:{word[2]}"
    got, bad = {}, []
    for f, out in ((pdb, got),):
        rva, rest = None, []
        for line in ask(f, stdin="\n".join(f"{a:x}" for a in want) + "\n"):
            if re.fullmatch(r"0x[0-9a-f]+", line):
                rva, rest = int(line, 16), []
            else:
                rest.append(line)
                if rva not in out and len(rest) == 2:
                    out[rva] = line
                out.setdefault(("outer", rva), None)
                out["outer", rva] = line
    for rva, w in want.items():
        if w.lower() not in (str(got.get(rva)).lower(), str(got.get(("outer", rva))).lower()):
            bad.append(f"{rva:x}: {got.get(rva)} | {w}")
    tap(len(bad) <= (1 - share) * len(want),
        f"{os.path.relpath(sym, corpus)}: {len(want) - len(bad)} of {len(want)} line records", bad)


pdbs = sorted(p for p in glob.glob(os.path.join(corpus, "**", "*.pdb*"), recursive=True)
              if os.path.isfile(p) and p.endswith((".pdb", ".pdb.xz")) and "/peers/" not in p)
for p in pdbs:
    if open(plain(p), "rb").read(9) == b"Microsoft":
        check_symbols(p)
        if PDBUTIL:
            check_lines(p)
for pair in PAIRS:
    check_pair(*pair)
print(f"1..{number}")
sys.exit(failed > 0)
