#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Secrets planted in arguments, environment, exception messages, thread names and paths appear in no form
# of output at the default level; look-alikes stay readable.
. "$(dirname "$0")/../lib.sh"
t_need c++
prog=$T/payments
c++ -O1 -g -o "$prog" "$top_srcdir/tests/e2e/programs/secrets.cc" || t_skip_all "no C++ compiler that works"
# shellcheck disable=SC3045 # dash and bash have it
ulimit -c unlimited 2>/dev/null || t_skip_all "core files are not allowed here"
# Where the kernel hands cores to another program, gdb writes the dump of the dying process.
by_kernel=yes
case $(cat /proc/sys/kernel/core_pattern 2>/dev/null) in
'' | *[/\|]*)
	by_kernel=no
	t_need gdb
	;;
esac

# dump NAME: what follows is env assignments and arguments
dump() {
	name=$1
	shift
	mkdir -p "$T/run"
	if [ $by_kernel = yes ] && [ -z "${BY_GDB:-}" ]; then
		(cd "$T/run" && rm -f core* && env -i "$@" >/dev/null 2>&1)
		for c in "$T"/run/core*; do [ -f "$c" ] && mv "$c" "$T/$name.core"; done
	else
		gdb -q -batch -ex run -ex "generate-core-file $T/$name.core" \
			--args "$(command -v env)" -i "$@" >/dev/null 2>&1 </dev/null
	fi
}

# reports NAME: all forms of output, and what goes to stderr, in one file
reports() {
	"$DUMPAN" report --environment --status --html "$T/$1.html" --text "$T/$1.txt" --json "$T/$1.json" \
		--markdown "$T/$1.md" "$T/$1.core" 2>"$T/$1.err" || return 1
	"$DUMPAN" symbols --collect "$T/$1.core" >"$T/$1.sh" 2>&1
	"$DUMPAN" symbols "$T/$1.core" >"$T/$1.lst" 2>&1
	"$DUMPAN" probe "$T/$1.core" >"$T/$1.probe" 2>&1
	"$DUMPAN" signature "$T/$1.core" >"$T/$1.sig" 2>&1
	cat "$T/$1".html "$T/$1".txt "$T/$1".json "$T/$1".md "$T/$1".err "$T/$1".sh "$T/$1".lst "$T/$1".probe \
		"$T/$1".sig >"$T/$1.all"
}

# One secret a line, as the marker that must not be seen; all values are invented.
dump planted DIE=throw THREAD='pw=Quince-7781' \
	MESSAGE='login failed: Server=db1;User Id=app;Password=Walnut-9931;Encrypt=yes and Authorization: Bearer mF9bHazelnut77x.Q2 at https://svc:Almond-4410@host/api?sig=Pecan8842&x=1' \
	DB_PASSWORD=Cashew-1123 API_KEY=Pistachio9921aa MY_SECRET=Macadamia-3321 GITHUB_TOKEN=ghp_0123456789abcdefghijklmnopqrstuvwxAB \
	AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE \
	ConnectionStrings__Main='Endpoint=sb://bus.example/;SharedAccessKey=Brazilnut77Kk12345678901234567890123456=' \
	JWT=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDaGVzdG51dCJ9.c2lnbmF0dXJlLWNoZXN0bnV0 \
	TLS_KEY='-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhkiGHickory-----END PRIVATE KEY-----' \
	SLACK=xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx STORAGE='AccountKey=Coconut123456789012345678901234567890Zz==' \
	"$prog" --password Peanut-5512 --token=Filbert-6613 --api-key Butternut77x1 -u admin:Gingko-8890@db \
	'https://user:Beechnut-1@files/x' '{"password": "Acorn-2291"}' --connection 'Data Source=x;Pwd=Tigernut-3;'
if [ ! -s "$T/planted.core" ]; then t_skip_all "no core was written"; fi
t_ok "a report of a process full of secrets" reports planted
for secret in Quince-7781 Walnut-9931 mF9bHazelnut77x Almond-4410 Pecan8842 Cashew-1123 Pistachio9921aa Macadamia-3321 \
	ghp_0123456789 wJalrXUtnFEMI AKIAIOSFODNN7 Brazilnut77 c2lnbmF0dXJl eyJzdWIi Hickory xoxb-1234 Coconut12345 \
	Peanut-5512 Filbert-6613 Butternut77x1 Gingko-8890 Beechnut-1 Acorn-2291 Tigernut-3; do
	if grep -qF -e "$secret" "$T/planted.all"; then
		t_fail "$secret is masked"
		t_say "$(grep -F -e "$secret" -o "$T/planted.all" | head -n 2; grep -lF -e "$secret" "$T"/planted.[a-z]* )"
	else
		t_pass "$secret is masked"
	fi
done
t_like "$(cat "$T/planted.txt")" '\[password#1\]' "masks say what they hide"
t_like "$(cat "$T/planted.txt")" 'dump.secrets' "the report tells that the dump holds secrets"

# In an assertion's message, and (by a shell, since env takes a name with = for a variable) in the paths of the program and of a file that it maps.
hidden="$T/token=Mulberry-3345x"
mkdir -p "$hidden"
cp "$prog" "$hidden/pay-password=Hawthorn-6678"
dump aborted DIE=assert THREAD=plain MESSAGE='connect("postgres://app:Juniper-2214@db/x?password=Elderberry-9907") == 0' \
	FILE="$hidden/client_secret=Cloudberry-5523.db" /bin/sh -c 'exec "$1"' sh "$hidden/pay-password=Hawthorn-6678"
if [ -s "$T/aborted.core" ]; then
	t_ok "a report of a failed assertion" reports aborted
	t_like "$(cat "$T/aborted.txt")" '[Aa]ssertion' "it is one"
	for secret in Juniper-2214 Elderberry-9907 Mulberry-3345 Hawthorn-6678 Cloudberry-5523; do
		if grep -qF -e "$secret" "$T/aborted.all"; then
			t_fail "$secret is masked"
			t_say "$(grep -lF -e "$secret" "$T"/aborted.[a-z]*)"
			t_say "$(grep -F -e "$secret" "$T"/aborted.txt | head -n 3)"
		else
			t_pass "$secret is masked"
		fi
	done
fi

# Nothing of this is a secret.
dump plain DIE=throw THREAD='keyboard-7' \
	MESSAGE='no handler for passthrough=on, monkey=business, 3 tokens left, key not found: order-77, author=ann' \
	KEYBOARD_LAYOUT=de-nodeadkeys MONKEY=banana-split TOKENIZER=wordpiece-large PASSENGERS=forty-two SECRETARY=miss-moneypenny \
	PUBLIC_URL=https://shop.example/catalog?page=2 COMMIT=3f9c2a7e51d0b8463f9c2a7e51d0b8463f9c2a7e \
	TENANT=6fa459ea-ee8a-3ca4-894e-db77e160355e LIBRARY=/usr/lib/secretary/libkeystone.so.2 COMPASS=north-west \
	CERTAINTY=high-enough KEYNOTE=opening-speech \
	"$prog" --bypass-cache --keyspace orders_prod --passes 3 --monitor-token-count=7 --certified yes --author ann
t_ok "a report of a process without secrets" reports plain
for word in keyboard-7 passthrough=on monkey=business 'tokens left' order-77 author=ann de-nodeadkeys banana-split wordpiece-large \
	forty-two miss-moneypenny 'shop.example/catalog?page=2' 3f9c2a7e51d0b8463f9c2a7e51d0b8463f9c2a7e \
	6fa459ea-ee8a-3ca4-894e-db77e160355e libkeystone.so.2 north-west high-enough opening-speech bypass-cache orders_prod \
	--passes token-count=7 certified; do
	if grep -qF -e "$word" "$T/plain.json"; then
		t_pass "$word stays readable"
	else
		t_fail "$word stays readable"
		t_say "$(grep -o '"name": *"[A-Z_]*"[^}]*' "$T/plain.json" | head -n 20)"
	fi
done
t_done
