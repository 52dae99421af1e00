# SPDX-License-Identifier: Apache-2.0
# awk -v own=PROGRAM -f truth.awk WORDS STACKS: does each stack hold the functions that the program
# named, in this order? Frames of libraries in between are left out of the comparison, frames of the
# program itself are not (static programs: own is empty). Prints what is wrong, nothing when all is well.
FNR == 1 { file++ }
file == 1 && /^others:/ { sub(/^others:/, ""); others = $0; gsub(/,/, " ", others); next }
file == 1 { if ($0 != "ready") words = words " " $0; next }
/^thread / {
	finish()
	n = split(threads++ ? others : words, want, " ")
	at = 1
	tid = $2
	next
}
at > n || bad { next }
{
	sub(/@.*/, "", $6)
	if (want[at] == "<signal>" ? $4 ~ /\+signal/ : want[at] == $6)
		at++
	else if (own != "" && $7 == own && $5 == "1/1" && $6 !~ /^over_/)
		bad = "thread " tid ": " $6 " stands where " want[at] " should"
}
END {
	finish()
	if (!threads)
		print "there are no stacks"
}
function finish()
{
	if (!bad && n && at <= n)
		bad = "thread " tid ": " want[at] " is missing"
	if (bad)
		print bad
	bad = ""
	at = n = 0
}
