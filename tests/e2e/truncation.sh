#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A small core cut at every 4 KiB, larger ones more coarsely: a report or one clear line, never a failure;
# what is known never grows as bytes are lost; the report says that it is cut, and what it lost first.
. "$(dirname "$0")/../lib.sh"
t_need python3 zstd
cd "$T" || exit 99

cut_all() { # sample, step
	zstd -qdc "$top_srcdir/samples/$1.core.zst" >whole
	python3 - "$DUMPAN" "$top_srcdir/samples/bin" "$1" "$2" <<'EOF'
import json, os, subprocess, sys

dumpan, symbols, name, step = sys.argv[1:5]
step = int(step)
whole = open("whole", "rb").read()
bad, last, runs, untold, unnamed = [], None, 0, [], []
size = len(whole)
cuts = [size] + list(range((size - 1) // step * step, 0, -step))
with open("cut", "wb") as f:
    f.write(whole)
for cut in cuts:
    os.truncate("cut", cut)
    p = subprocess.run([dumpan, "report", "--format", "json", "--symbols", symbols, "cut"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    runs += 1
    if p.returncode == 2:
        if len(p.stderr.splitlines()) != 1:
            bad.append("%d: %d lines on stderr" % (cut, len(p.stderr.splitlines())))
        now = (0, 0, 0)
    elif p.returncode == 0:
        d = json.loads(p.stdout)
        data = d["data"]
        frames = sum(1 for s in data.get("stacks", []) for f in s["frames"] if f.get("trust") != "scan")
        now = (len(data.get("threads", [])), len(data.get("modules", [])), frames)
        if cut < size and not data["input"].get("truncated"):
            untold.append(cut)
        told = [f for f in d["findings"] if f["rule"] == "dump.truncated"]
        if cut < size and (not told or not told[0]["evidence"] or "address" not in told[0]["evidence"][0]):
            unnamed.append(cut)
    else:
        bad.append("%d: status %d: %s" % (cut, p.returncode, p.stderr.decode()[:200]))
        continue
    if last and any(a > b for a, b in zip(now, last)):
        bad.append("%d bytes: threads, modules, frames %r; with more bytes %r" % (cut, now, last))
    last = now
print("ok" if not bad else "\n".join(bad[:20]))
print("ok" if not untold else "cut, but not told: %r" % untold[:20])
print("ok" if not unnamed else "the first loss is not named: %r" % unnamed[:20])
print("# %s: %d cuts" % (name, runs))
EOF
}

for sample in "abort-assert 4096" "segv-null 16384"; do
	step=${sample#* } sample=${sample% *}
	result=$(cut_all "$sample" "$step")
	t_is "$(printf '%s\n' "$result" | sed -n 1p)" ok "$sample, notes first: monotone, no failure"
	t_is "$(printf '%s\n' "$result" | sed -n 2p)" ok "$sample: the report tells that it is cut"
	t_is "$(printf '%s\n' "$result" | sed -n 3p)" ok "$sample: the report names what is lost first"
	t_say "$(printf '%s\n' "$result" | tail -n 1)"
done
result=$(cut_all worker-pool 262144)
t_is "$(printf '%s\n' "$result" | sed -n 1p)" ok "worker-pool, notes last: monotone, no failure"
t_say "$(printf '%s\n' "$result" | tail -n 1)"
t_done
