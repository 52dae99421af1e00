# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Shared by the comparisons: addresses of a program, what each tool says of them, in one form.

DA_ADDR=$top_builddir/tests/diff/da_addr
programs=$top_srcdir/tests/diff/programs

# addresses FILE: of every instruction in sections with debug information of ours (.text)
addresses() {
	objdump -d -j .text "$1" | sed -n 's/^ *\([0-9a-f][0-9a-f]*\):.*/\1/p'
}

# One line an address: "0xADDR file:line file:line …", innermost first; names are left out, base
# names of files only. An address without any line is left out: tools differ in what they call it.
lines_only() {
	awk '/^0x[0-9a-f]+$/ { if (a && p != "") print a p; sub(/^0x0*/, "0x"); a = $0; p = ""; n = 0; next }
	     ++n % 2 == 0 { sub(/ \(discriminator.*/, ""); sub(/.*\//, ""); sub(/:\?$/, ":0")
			    p = p " " $0 }
	     END { if (a && p != "") print a p }' | grep -v -e '??:0' -e 'crtstuff' -e '^0x[0-9a-f]* [^ ]*:0$'
}

# The same with names of all calls, without what compilers append to them.
names_too() {
	awk '/^0x[0-9a-f]+$/ { if (a) print a p; sub(/^0x0*/, "0x"); a = $0; p = ""; n = 0; next }
	     ++n % 2 { sub(/ \[clone.*/, ""); sub(/\.(constprop|isra|part|cold|[0-9]).*/, ""); gsub(/ /, "")
		       p = p " " $0; next }
	     { sub(/ \(discriminator.*/, ""); sub(/.*\//, ""); sub(/:\?$/, ":0"); p = p "@" $0 }
	     END { if (a) print a p }' | grep -v -e '??:0' -e 'crtstuff'
}
