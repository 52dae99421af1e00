#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --debuginfod: files come from the server that the user names, from no other and only then.
. "$(dirname "$0")/../lib.sh"
t_need python3 readelf
"$DUMPAN" report --debuginfod http://127.0.0.1:9 /nonexistent 2>&1 | grep -q 'without libdebuginfod' &&
	t_skip_all "this dumpan was built without libdebuginfod"
dump=$top_srcdir/samples/segv-null.core.zst
program=$top_srcdir/samples/bin/segv-null
id=$(readelf -n "$program" | sed -n 's/.*Build ID: //p')
export XDG_CACHE_HOME="$T/cache" HOME="$T/home"
unset DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH
mkdir -p "$T/store/buildid/$id" "$T/home"
cp "$program" "$T/store/buildid/$id/executable"
cat >"$T/server.py" <<'PY'
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 "$T/server.py" "$T/store" >"$T/port" 2>"$T/requests" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$T"' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s "$T/port" ] && break
	sleep 0.2
done
url=http://127.0.0.1:$(cat "$T/port")

t_ok "a report without the server" "$DUMPAN" report --format text --no-local-symbols "$dump"
t_unlike "$(cat "$T_OUT")" 'segv-null\.c:[0-9]' "names no line of the program"
DEBUGINFOD_URLS=$url "$DUMPAN" report --format text --no-local-symbols "$dump" >/dev/null 2>&1
t_is "$(wc -l <"$T/requests")" 0 "a server of the environment is not asked"
t_ok "a report with it" "$DUMPAN" report --format text --no-local-symbols --debuginfod "$url" "$dump"
t_like "$(cat "$T_OUT")" 'segv-null\.c:[0-9]' "names lines of the program"
t_like "$(cat "$T/requests")" "GET /buildid/$id/executable" "the program was asked for by build-id"
kill $server
wait $server 2>/dev/null
rm -rf "$T/cache"
t_ok "a server that is gone costs nothing but the names" \
	"$DUMPAN" report --format text --no-local-symbols --debuginfod "$url" "$dump"
t_like "$(cat "$T_OUT")" 'server does not answer' "and the report says so"
t_done
