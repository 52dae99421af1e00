#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lines and inlined calls of every instruction, as binutils' addr2line has them: compilers, levels of
# optimisation, DWARF 2 to 5. The forms in which debug information can be kept (split, compressed,
# separate, shared) must then give what the plain one gave.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
t_need addr2line objdump objcopy readelf
[ -x "$DA_ADDR" ] || t_skip_all "tests/diff/da_addr is not built"
cd "$T" || exit 99

# build NAME COMPILER FLAGS…: the C program
build() {
	name=$1 cc=$2
	shift 2
	mkdir -p "$name"
	for f in inline second; do
		(cd "$name" && $cc "$@" -c "$programs/$f.c" -o $f.o) >>"$T/cc.log" 2>&1 || return 1
	done
	$cc "$@" "$name/inline.o" "$name/second.o" -o "$name/p" >>"$T/cc.log" 2>&1
}

# binutils' addr2line does not read the range lists that clang writes for DWARF 5.
oracle=addr2line
compare() {
	addresses "$1/p" >"$1/addr"
	$oracle -a -f -i -e "$1/p" <"$1/addr" | lines_only >"$1/wanted"
	"$DA_ADDR" -s "$1" "$1/p" <"$1/addr" | lines_only >"$1/got"
	[ -s "$1/wanted" ] || t_fail "$1: addr2line knows no lines"
	t_diff "$1/wanted" "$1/got" "$1: lines and inlined calls"
}

for cc in gcc clang clang-14; do
	command -v $cc >/dev/null 2>&1 || continue
	if [ $cc != gcc ]; then
		oracle=$(command -v llvm-addr2line || command -v llvm-addr2line-14) || continue
	fi
	for level in -O0 -O2 -Os; do
		for version in 2 3 4 5; do
			build "$cc$level-$version" $cc $level -gdwarf-$version || continue
			compare "$cc$level-$version"
		done
	done
	build $cc-sections $cc -O2 -g -ffunction-sections -Wl,--gc-sections && compare $cc-sections
	build $cc-m32 $cc -O2 -g -m32 && compare $cc-m32
	[ $cc = clang ] && break
done

# Split debug information: as the same program without it.
for cc in gcc clang clang-14; do
	command -v $cc >/dev/null 2>&1 || continue
	for version in 4 5; do
		build one-$cc$version $cc -O2 -gdwarf-$version || continue
		build split-$cc$version $cc -O2 -gdwarf-$version -gsplit-dwarf || continue
		addresses one-$cc$version/p >addr
		"$DA_ADDR" -s one-$cc$version one-$cc$version/p <addr | names_too >wanted
		"$DA_ADDR" -s split-$cc$version split-$cc$version/p <addr | names_too >got
		t_diff wanted got "$cc, DWARF $version: split as not split"
		packed=
		# binutils' dwp ends on DWARF 5 with a signal; llvm-dwp 14 does not end on gcc's.
		for dwp in dwp llvm-dwp llvm-dwp-14; do
			[ "$cc-$version" = gcc-5 ] || [ "$dwp-$version" = dwp-5 ] && continue
			command -v $dwp >/dev/null 2>&1 || continue
			mkdir -p packed
			(cd split-$cc$version && timeout 10 $dwp -e p -o ../packed/p.dwp) 2>/dev/null || continue
			packed=$dwp
			break
		done
		if [ -n "$packed" ]; then
			cp split-$cc$version/p packed/p
			"$DA_ADDR" -s packed packed/p <addr | names_too >got
			t_diff wanted got "$cc, DWARF $version: units packed by $packed"
			rm -r packed
		else
			t_skip "$cc, DWARF $version: a .dwp file" "no tool here packs it"
		fi
		mkdir alone && cp split-$cc$version/p alone/p
		"$DA_ADDR" -s alone alone/p <addr >without 2>ledger
		t_like "$(cat ledger)" 'split debug information .*dwo was not found' \
			"$cc, DWARF $version: a missing .dwo is told"
		t_unlike "$(names_too <without)" '(deep[23]|only_here)@' \
			"$cc, DWARF $version: and not read behind our back"
		# .dwo files of another compilation, by the right names
		mkdir other
		(cd other && for f in inline second; do
			$cc -O0 -gdwarf-$version -gsplit-dwarf -c "$programs/$f.c" -o $f.o
		done) >>"$T/cc.log" 2>&1
		"$DA_ADDR" -s alone -s other alone/p <addr 2>/dev/null | names_too >got
		t_unlike "$(cat got)" '(deep[23]|only_here)@' "$cc, DWARF $version: nor another compilation's"
		rm -r alone other
	done
	[ $cc = clang ] && break
done

build plain gcc -g -O2 || t_skip_all "gcc is not installed"
addresses plain/p >addr
"$DA_ADDR" -s plain plain/p <addr >wanted
for z in zlib zlib-gnu zstd; do
	mkdir -p $z
	if ! objcopy --compress-debug-sections=$z plain/p $z/p 2>/dev/null; then
		t_skip "sections compressed with $z" "this objcopy cannot"
		continue
	fi
	"$DA_ADDR" -s $z $z/p <addr >got
	t_diff wanted got "sections compressed with $z"
done

id=$(readelf -n plain/p | sed -n 's/.*Build ID: //p')
rest=${id#??}
mkdir stripped
strip plain/p -o stripped/p
# separate WHAT DIR: debug information found there
separate() {
	"$DA_ADDR" -s stripped -s "$2" stripped/p <addr >got
	t_diff wanted got "$1"
}
mkdir -p a/.build-id/"${id%"$rest"}" b c/"$id" e/usr/lib/debug/.build-id/"${id%"$rest"}"
objcopy --only-keep-debug plain/p b/p.debug
cp b/p.debug "a/.build-id/${id%"$rest"}/$rest.debug"
cp b/p.debug "e/usr/lib/debug/.build-id/${id%"$rest"}/$rest.debug"
cp b/p.debug "c/$id/debuginfo"
separate "debug file by build-id" a
separate "debug file in a flat folder" b
separate "debug file in a debuginfod cache" c
separate "debug file in a system root" e
build other gcc -g -O1
mkdir f && objcopy --only-keep-debug other/p f/p.debug
"$DA_ADDR" -s stripped -s f stripped/p <addr | lines_only >got
t_is "$(wc -l <got)" 0 "a debug file of another build is not used"

if command -v dwz >/dev/null 2>&1; then
	mkdir g h
	cp plain/p g/p
	cp plain/p g/q
	(cd g && dwz -m shared.dwz p q && mv shared.dwz ../h/) >/dev/null 2>&1
	"$DA_ADDR" -s g -s h g/p <addr >got
	t_diff wanted got "shared debug information (dwz) in a folder that the user named"
	"$DA_ADDR" -s g g/p <addr 2>ledger | lines_only >got
	lines_only <wanted >wanted.lines
	t_diff wanted.lines got "without the dwz file lines stay"
	t_like "$(cat ledger)" 'shared debug information shared.dwz was not found' "and it is told"
fi

if command -v xz >/dev/null 2>&1; then
	objcopy -S --remove-section .comment --keep-symbol=outer --keep-symbol=other b/p.debug mini
	xz mini
	mkdir m && objcopy --add-section .gnu_debugdata=mini.xz stripped/p m/p
	t_like "$("$DA_ADDR" -s m m/p <addr | sort | uniq -c)" ' outer$' "mini debug information names functions"
fi
t_done
