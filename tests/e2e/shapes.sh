#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cores of every shape, made by the builder: what is in them comes out, and the JSON obeys the schema.
. "$(dirname "$0")/../lib.sh"
t_need python3
synthcore=$top_builddir/tests/synth/synthcore
cd "$T" || exit 99
"$DUMPAN" schema >the.schema

cat >look.py <<'EOF'
import json, sys
d = json.load(open(sys.argv[1]))
data = d["data"]
stacks = data.get("stacks", [])
print(len(data.get("threads", [])), len(data.get("modules", [])),
      sum(len(s["frames"]) * len(s["threads"]) for s in stacks),
      data["process"].get("arch") or data["process"].get("cpu"), d.get("status"))
EOF
cat >valid.py <<'EOF'
import json, sys
try:
    import jsonschema
except ImportError:
    print("no jsonschema")
    sys.exit(0)
schema = json.load(open("the.schema"))
v = jsonschema.validators.validator_for(schema)
v.check_schema(schema)
errors = ["%s: %s" % ("/".join(map(str, e.path)), e.message[:200])
          for f in sys.argv[1:] for e in v(schema).iter_errors(json.load(open(f)))]
print("valid" if not errors else "\n".join(errors[:5]))
EOF
valid() { # what, files…
	what=$1
	shift
	result=$(python3 valid.py "$@")
	if [ "$result" = "no jsonschema" ]; then t_skip "$what" "$result"; else t_is "$result" valid "$what"; fi
}

shape() { # name, wanted "threads modules frames", arguments of synthcore
	name=$1 wanted=$2
	shift 2
	"$synthcore" "$name" "$@" || t_fail "$name was not made"
	t_ok "$name: a report" "$DUMPAN" report --no-local-symbols --format json "$name"
	cp "$T_OUT" "$name.json"
	t_like "$(python3 look.py "$name.json")" "^$wanted " "$name: threads, modules, frames"
}

shape plain "2 3 10"
shape cfi "3 3 15" cfi=1 threads=3
shape notes-last "2 3 10" notes_last=1
shape notes-last-header "2 3 10" notes_last=2
shape xnum "2 3 10" xnum=1
shape reversed "2 3 10" reversed=1
shape unsorted "2 3 10" unsorted=1
shape i386 "2 3 10" bits=32 machine=3
shape aarch64 "2 3 10" machine=183
shape alive "2 3 10" signal=0
shape one "1 1 1" threads=1 modules=0 frames=1
shape deep "1 2 200" threads=1 modules=1 frames=200
shape many-threads "1000 2 3000" threads=1000 frames=3 modules=1
shape many-segments "2 3 10" extra=70000
shape sparse "2 3 10" sparse=0x280000000
# CPUs whose registers nobody knows here: memory map, modules, thread ids
shape s390x "2 3 0" machine=22 big=1
shape ppc64 "2 3 0" machine=21 big=1
shape riscv64 "2 3 0" machine=243
valid "JSON of every shape obeys the schema" ./*.json

# PN_XNUM whose section header, at the very end, is cut off: the count is unknown, the rest is there
size=$(wc -c <xnum)
head -c $((size - 64)) xnum >xnum-cut
t_ok "xnum-cut: a report" "$DUMPAN" report --no-local-symbols --format json xnum-cut
cp "$T_OUT" xnum-cut.json
t_like "$(python3 look.py xnum-cut.json)" '^2 3 10 ' "xnum-cut: nothing else is lost"

# the notes behind the memory are cut off: no threads, and told so
size=$(wc -c <notes-last)
head -c $((size - 2000)) notes-last >notes-cut
"$DUMPAN" report --format text notes-cut >notes-cut.txt 2>err
t_like "$(cat notes-cut.txt err)" 'notes' "notes-cut: says that the notes are lost"

begin=$(date +%s%N)
"$DUMPAN" probe sparse >probe.txt
end=$(date +%s%N)
t_ok "probe of 10 GB took $(((end - begin) / 1000000)) ms" test $((end - begin)) -lt 2000000000
t_like "$(cat probe.txt)" '10\.0 GiB' "probe tells the size"

# two files of one incident; a bad one beside a good one
t_ok "two dumps in one report" "$DUMPAN" report --no-local-symbols --format json plain i386
cp "$T_OUT" two.json
t_ok "a good and a bad file" "$DUMPAN" report --no-local-symbols --format json plain the.schema
cp "$T_OUT" half.json
t_like "$(cat half.json)" 'the\.schema' "the bad one stands in the ledger"
t_exit 2 "two bad files" "$DUMPAN" report the.schema look.py
valid "JSON of several files obeys the schema" two.json half.json xnum-cut.json

for level in none secrets site strict; do
	"$DUMPAN" report --redact $level --format json "$top_srcdir/samples/throw-uncaught.core.zst" >$level.json 2>/dev/null
done
valid "JSON at every level of redaction obeys the schema" none.json secrets.json site.json strict.json
t_unlike "$(cat strict.json)" '/opt/demo|timeout' "strict leaves no path and no message"
t_done
