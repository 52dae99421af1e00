#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Speed and memory beside other tools (eu-stack, lldb, minidump_stackwalk): paired runs in alternating
# rounds, medians. `make bench` runs it in the build folder; ROUNDS=9 makes it surer, ONLY=threads one
# case. Inputs are made once, in bench-data/ (1.2 GB).
set -u
here=$(cd "$(dirname "$0")" && pwd)
top_builddir=${top_builddir:-$(pwd)}
DUMPAN=${DUMPAN:-$top_builddir/dumpan}
synthcore=$top_builddir/tests/synth/synthcore
rounds=${ROUNDS:-5}
data=${BENCH_DATA:-$top_builddir/bench-data}
mkdir -p "$data"
cd "$data" || exit 1

[ -x measure ] || ${CC:-cc} -O2 -o measure "$here/measure.c" || exit 1

make_many() {
	i=0
	while [ $i -lt 25 ]; do
		${CXX:-c++} -O2 -g -std=c++17 -DFAMILY=$i -c -o family-$i.o "$here/family.cc" || return 1
		i=$((i + 1))
	done
	${CXX:-c++} -O2 -g -std=c++17 -pthread -o many "$here/many.cc" family-*.o
}

core_of() { # name, arguments of the program
	[ -f "$1.core" ] && return
	[ -x many ] || make_many || exit 1
	name=$1
	shift
	rm -f core core.*
	# shellcheck disable=SC3045
	(ulimit -c unlimited && exec ./many "$@") >/dev/null 2>&1
	for file in core core.*; do
		[ -f "$file" ] && mv "$file" "$name.core" && return
	done
	echo "no core: /proc/sys/kernel/core_pattern hands it to another program" >&2
}

synth() { # name, arguments of synthcore
	name=$1
	shift
	[ -f "$name.core" ] || "$synthcore" "$name.core" "$@"
}

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# pair NAME CORE: dumpan report and eu-stack in turn.
pair() {
	rm -f a.txt b.txt
	i=0
	while [ $i -lt "$rounds" ]; do
		./measure "$DUMPAN" report --format html -o out.html "$2" >>a.txt
		command -v eu-stack >/dev/null && ./measure eu-stack -i -s -n 0 --core "$2" >>b.txt
		i=$((i + 1))
	done
	a=$(awk '{ print $1 }' a.txt | median) ar=$(awk '{ print $3 }' a.txt | median)
	if [ -s b.txt ]; then
		b=$(awk '{ print $1 }' b.txt | median) br=$(awk '{ print $3 }' b.txt | median)
	else
		b=0 br=0
	fi
	awk -v n="$1" -v a="$a" -v b="$b" -v ar="$ar" -v br="$br" -v s="$(awk '{ print $4 }' a.txt | sort -u | tr '\n' ' ')" 'BEGIN {
		printf "%-34s %8.3f %8.1f %8.3f %8.1f %7s  %s\n", n, a, ar / 1024, b, br / 1024, b ? sprintf("%.2f", a / b) : "-", s }'
}

# single NAME COMMAND…
single() {
	name=$1
	shift
	rm -f a.txt
	i=0
	while [ $i -lt "$rounds" ]; do
		./measure "$@" >>a.txt
		i=$((i + 1))
	done
	a=$(awk '{ print $1 }' a.txt | median) ar=$(awk '{ print $3 }' a.txt | median)
	awk -v n="$name" -v a="$a" -v ar="$ar" -v c="$(awk '{ print $2 }' a.txt | median)" \
		-v s="$(awk '{ print $4 }' a.txt | sort -u | tr '\n' ' ')" 'BEGIN {
		printf "%-34s %8.3f %8.1f %8s %8s %7s  %s(%.3f s of CPU)\n", n, a, ar / 1024, "", "", "", s, c }'
}

# waits PROGRAM N: N threads that wait for about as many mutexes (circle: each for the next one's; waiting: pairs, chains, a
# crowd behind one): what the stage of waits costs beside that of stacks and their names. The smallest of the rounds,
# since the two are parts of one run.
waits() {
	[ -x "$1" ] || ${CC:-cc} -O2 -fno-optimize-sibling-calls -g -pthread -o "$1" "$here/$1.c" || return
	if [ ! -f "$1-$2.core" ]; then
		rm -f core core.*
		# shellcheck disable=SC3045
		(ulimit -c unlimited && exec "./$1" "$2") >/dev/null 2>&1
		for file in core core.*; do
			[ -f "$file" ] && mv "$file" "$1-$2.core"
		done
		[ -f "$1-$2.core" ] || return
	fi
	rm -f a.txt
	i=0
	while [ $i -lt "$rounds" ]; do
		"$DUMPAN" report --no-isolate --timings --format json -o out.json "$1-$2.core" 2>/dev/null
		grep -o '"stage":"[a-z]*","us":[0-9]*' out.json | sed 's/"stage":"\([a-z]*\)","us":/\1 /' >>a.txt
		i=$((i + 1))
	done
	awk -v n="$1: waits of $2 threads" '{ if (!($1 in best) || $2 < best[$1]) best[$1] = $2 } END {
		s = best["stacks"] + best["symbols"]
		printf "%-34s %8.3f %8s %8.3f %8s %7.2f  beside stacks and names\n", n, best["waits"] / 1e6, "", s / 1e6, "",
			s ? best["waits"] / s : 0 }' a.txt
}

# A full minidump of 2 GB, of 100 threads with 20 to 30 frames each in 12 modules, whose files are in reef/.
make_reef() {
	[ -f reef.dmp ] && return
	command -v x86_64-w64-mingw32-gcc >/dev/null || return 1
	mkdir -p reef
	i=0
	while [ $i -lt 12 ]; do
		x86_64-w64-mingw32-gcc -O2 -g -shared -nostdlib -Wl,-e,0 -Wl,--build-id \
			-Wl,--image-base,"$(printf '0x%x' $((0x180000000 + i * 0x1000000)))" \
			-DMODULE=$i -o reef/reef$i.dll "$here/reef.c" || return 1 &
		i=$((i + 1))
		[ $((i % 2)) -eq 1 ] || wait
	done
	"$top_builddir/tests/bench/diver" reef.dmp 100 2040 reef/*.dll
}

# The modules' symbols in the form that minidump_stackwalk reads, laid out as it looks for them.
make_syms() { # dump_syms
	[ -d reef.sym ] && return
	for file in reef/*.dll; do
		name=$(basename "$file" .dll)
		dir=reef.new/$name.pdb/$("$top_builddir/tests/bench/diver" --id "$file")
		mkdir -p "$dir"
		# it reads ELF files alone
		x86_64-w64-mingw32-objcopy -O elf64-x86-64 "$file" reef.elf &&
			"$1" -r reef.elf 2>/dev/null | "$top_builddir/tests/bench/diver" --sym "$file" >"$dir/$name.sym" &&
			[ -s "$dir/$name.sym" ] || return 1
	done
	mv reef.new reef.sym
}

# duel NAME SYMBOLS PEER…: all stacks of reef.dmp with names and lines, as text; and are they the same?
duel() {
	name=$1 symbols=$2
	shift 2
	rm -f a.txt b.txt
	i=0
	while [ $i -lt "$rounds" ]; do
		./measure "$DUMPAN" report --format text -o out.txt --symbols "$symbols" reef.dmp >>a.txt
		./measure "$@" >>b.txt
		i=$((i + 1))
	done
	column() { awk -v n="$2" '{ print $n }' "$1" | median; }
	awk -v n="all stacks beside $name" -v a="$(column a.txt 1)" -v ar="$(column a.txt 3)" -v b="$(column b.txt 1)" \
		-v br="$(column b.txt 3)" -v ac="$(column a.txt 2)" -v bc="$(column b.txt 2)" \
		-v s="$(cat a.txt b.txt | awk '{ print $4 }' | sort -u | tr '\n' ' ')" 'BEGIN {
		printf "%-34s %8.3f %8.1f %8.3f %8.1f %7.2f  %s\n", n, a, ar / 1024, b, br / 1024, a / b, s
		printf "  %.1f times as fast; of CPU time %.1f times\n", b / a, bc / ac }'
	"$DUMPAN" report --format json -o out.json --symbols "$symbols" reef.dmp 2>/dev/null
	"$@" >peer.txt 2>/dev/null
	printf '  %s\n' "$(python3 "$here/frames.py" out.json peer.txt 2>/dev/null || echo "not compared: python3 is absent")"
}

against_lldb() {
	for lldb in lldb lldb-19 lldb-16 lldb-14 ""; do
		[ -z "$lldb" ] || ! command -v "$lldb" >/dev/null || break
	done
	if [ -z "$lldb" ]; then
		echo "lldb: absent"
		return
	fi
	duel "lldb $("$lldb" --version | sed -n 's/.*lldb version \([0-9.]*\).*/\1/p')" reef \
		"$lldb" -b -x --script-language none -o 'settings set target.exec-search-paths reef' \
		-o 'target create -c reef.dmp' -o 'thread backtrace all'
}

# Breakpad's; the npm package "minidump" has it built (npm install --ignore-scripts minidump).
against_walk() {
	walk=${MINIDUMP_STACKWALK:-$(command -v minidump_stackwalk)}
	npm=$top_builddir/node_modules/minidump
	[ -n "$walk" ] || ! [ -x "$npm/bin/linux-x64/minidump_stackwalk" ] || walk=$npm/bin/linux-x64/minidump_stackwalk
	if [ -z "$walk" ]; then
		echo "minidump_stackwalk: absent"
		return
	fi
	if ! make_syms "$(dirname "$walk")/dump_syms"; then
		echo "minidump_stackwalk: not compared: Breakpad's dump_syms is not beside it"
		return
	fi
	version=$(sed -n 's/^ *"version": "\(.*\)".*/\1/p' "$(dirname "$walk")/../../package.json" 2>/dev/null)
	duel "stackwalk${version:+ of minidump $version}" reef.sym "$walk" reef.dmp reef.sym
}

# The program of tests/dotnet for .NET 10, and dumps of it: "heap" of 200 MB, "many" of N threads.
make_dotnet() {
	[ -x observatory/Observatory ] && return
	command -v dotnet >/dev/null || return 1
	DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 \
		dotnet publish "$(cd "$here/../dotnet/observatory" && pwd)/Observatory.csproj" -c Release -f net10.0 -r linux-x64 \
		--self-contained true --artifacts-path "$(pwd)/dotnet-build" -o "$(pwd)/observatory" >dotnet.log 2>&1
}

dotnet_dump_of() { # name, arguments of the program
	[ -f "$1.core" ] && return
	name=$1
	shift
	rm -f ready
	mkfifo ready
	env -i PATH=/usr/bin:/bin DOTNET_gcServer=0 DOTNET_gcConcurrent=0 DOTNET_GCHeapHardLimit=0xc000000 observatory/Observatory "$@" >ready 2>/dev/null &
	pid=$!
	head -n 1 ready >/dev/null
	observatory/createdump --withheap -f "$name.core" "$pid" >/dev/null
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -f ready
	[ -f "$name.core" ]
}

# dotnet-dump and its answer to nothing, in turn with dumpan; what both say of the same dump.
against_dotnet_dump() { # core
	tool=${DOTNET_DUMP:-$(command -v dotnet-dump)}
	[ -n "$tool" ] || ! [ -x tools/dotnet-dump ] || tool=tools/dotnet-dump
	if [ -z "$tool" ]; then
		echo "dotnet-dump: absent (dotnet tool install dotnet-dump --tool-path $data/tools)"
		return
	fi
	rm -f a.txt b.txt c.txt d.txt
	i=0
	while [ $i -lt "$rounds" ]; do
		./measure "$DUMPAN" report --format text -o out.txt --symbols observatory "$1" >>a.txt
		./measure "$tool" analyze "$1" -c "clrstack -all" -c exit >>b.txt
		./measure "$DUMPAN" --version >>c.txt
		./measure "$tool" analyze "$1" -c exit >>d.txt
		i=$((i + 1))
	done
	column() { awk -v n="$2" '{ print $n }' "$1" | median; }
	awk -v n="beside $("$tool" --version | sed 's/+.*//;s/^/dotnet-dump /')" -v a="$(column a.txt 1)" -v ar="$(column a.txt 3)" \
		-v b="$(column b.txt 1)" -v br="$(column b.txt 3)" -v c="$(column c.txt 1)" -v d="$(column d.txt 1)" \
		-v ac="$(column a.txt 2)" -v bc="$(column b.txt 2)" -v cc="$(column c.txt 2)" -v dc="$(column d.txt 2)" \
		-v s="$(cat a.txt b.txt c.txt d.txt | awk '{ print $4 }' | sort -u | tr '\n' ' ')" 'BEGIN {
		printf "%-34s %8.3f %8.1f %8.3f %8.1f %7.2f  %s\n", n, a, ar / 1024, b, br / 1024, a / b, s
		printf "  %.1f times as fast; without the start of both (%.3f s, %.3f s) %.1f times\n", b / a, c, d, (b - d) / (a - c)
		printf "  of CPU time %.3f s and %.3f s: %.1f times; without the start %.1f times\n", ac, bc, bc / ac, (bc - dc) / (ac - cc) }'
	"$DUMPAN" report --format json -o out.json --symbols observatory "$1" 2>/dev/null
	"$tool" analyze "$1" -c "clrstack -all" -c exit >peer.txt 2>/dev/null
	printf '  %s\n' "$(python3 "$here/clrstack.py" out.json peer.txt 2>/dev/null || echo "not compared: python3 is absent")"
}

want() { [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ]; }

echo "medians of $rounds rounds; $(eu-stack --version 2>/dev/null | head -n 1)"
printf '%-34s %8s %8s %8s %8s %7s  %s\n' "" "dumpan s" "MB" "peer s" "MB" "ratio" "status"
if want threads; then
	core_of threads-200 200 28 1024
	pair "200 threads, 35 frames, 1 GB" threads-200.core
fi
if want modules; then
	synth modules-1000 modules=1000 extra=22000 threads=8
	pair "1000 modules, 25000 segments" modules-1000.core
fi
if want growth; then
	for n in 250 500 1000; do
		core_of "growth-t$n" $n 28 1
		single "$n threads" "$DUMPAN" report --format html -o out.html "growth-t$n.core"
	done
	for n in 750 1500 3000; do
		synth "growth-m$n" modules=$n threads=8
		single "$n modules" "$DUMPAN" report --format html -o out.html "growth-m$n.core"
	done
fi
if want waits; then
	for program in circle waiting; do
		waits $program 1000
		waits $program 10000
	done
fi
if want minidump; then
	[ -f minidump.dmp ] || "$top_builddir/tests/synth/synthmd" minidump.dmp memory64=1 flags=0x61826 threads=100 megabytes=2048
	single "probe, minidump of 2 GB" "$DUMPAN" probe minidump.dmp
	single "report, the same, 100 threads" "$DUMPAN" report --format html -o out.html minidump.dmp
fi
if want peers; then
	if make_reef; then
		against_lldb
		against_walk
	else
		echo "no peers for minidumps: absent: x86_64-w64-mingw32-gcc, or an x86-64 machine"
	fi
fi
if want dotnet; then
	if make_dotnet && dotnet_dump_of dotnet-heap heap "${HEAP_MB:-110}"; then
		single ".NET heap dump, $(($(stat -c %s dotnet-heap.core) >> 20)) MB, 64 threads" "$DUMPAN" report --format html -o out.html \
			--symbols observatory dotnet-heap.core
		echo "  private memory at most $(($(./measure --private "$DUMPAN" report --format html -o out.html --symbols observatory \
			dotnet-heap.core) / 1024)) MB"
		against_dotnet_dump dotnet-heap.core
		for n in 250 500 1000; do
			dotnet_dump_of "dotnet-t$n" many $n &&
				single ".NET, $n threads" "$DUMPAN" report --format html -o out.html --symbols observatory "dotnet-t$n.core"
		done
	else
		echo ".NET: no SDK of .NET 10, or no package of its runtime (see bench-data/dotnet.log)"
	fi
fi
if want pdb; then
	for how in "" scattered; do
		[ -f "pdb$how.pdb" ] || "$top_builddir/tests/synth/synthpdb" "pdb$how.pdb" 3000 140 15 $how
		# shellcheck disable=SC2046
		single "PDB of 130 MB, 1000 addresses" "$top_builddir/tests/diff/da_symfile" --time "pdb$how.pdb" \
			$(awk 'BEGIN { srand(1); for (i = 0; i < 1000; i++)
				printf "%x ", 4096 + 64 * int(rand() * 420000) + int(rand() * 60) }')
	done
fi
if want sparse; then
	synth sparse sparse=0x280000000
	single "probe, 10 GB sparse" "$DUMPAN" probe sparse.core
fi
