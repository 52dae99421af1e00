#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Servers of the distribution, healthy, at rest and under light work: of no process may a report say more than a
# notification, and threads that have nothing to do must be idle. Not part of make check, since it needs programs:
#	apt-get install gdb curl nginx-light redis-server redis-tools postgresql memcached nodejs python3
#	top_builddir=. sh tests/e2e/servers.sh                in the build folder; SERVERS="nginx redis" chooses
# What is not installed is skipped by its name. All listen on 127.0.0.1 alone, on ports from 18431 on; PORT= moves them.
. "$(dirname "$0")/../lib.sh"

t_need gcore python3
PATH=$PATH:/usr/sbin:/usr/local/sbin
port=${PORT:-18431}
stop=
trap 'for pid in $stop; do kill "$pid" 2>/dev/null; done; sleep 1; rm -rf "$T"' EXIT

# tree PID: it and all its children.
tree() {
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		tree "$child"
	done
}

# judge WHAT PID IDLE: IDLE is a regex for the states that its threads may have, or "" for any.
judge() {
	gcore -o "$T/core" "$2" >"$T/log" 2>&1
	core=$T/core.$2
	if ! [ -s "$core" ]; then
		t_skip "$1, process $2" "it was not dumped, or has ended"
		return
	fi
	if ! "$DUMPAN" report --format json -o "$T/report.json" "$core" 2>"$T/log"; then
		t_fail "$1: a report"
		t_say "$(head -n 3 "$T/log")"
		return
	fi
	rm -f "$core"
	said=$(python3 -c '
import json, re, sys
report = json.load(open(sys.argv[1]))
for f in report["findings"]:
    if f["severity"] in ("error", "warning", "information"):
        print(f["severity"], f["rule"], f["title"])
if report["verdict"]["kind"] != "healthy":
    print(report["verdict"]["text"])
for t in report["data"]["threads"]:
    if sys.argv[2] and not re.fullmatch(sys.argv[2], t["state"]):
        print(t["id"], t.get("name"), t["state"], t.get("activity"), t.get("wait_why"))
' "$T/report.json" "$3")
	t_is "$said" "" "$1, $(cat /proc/"$2"/comm)"
}

# both NAME PID IDLE WORK…: at rest, and while WORK runs.
both() {
	name=$1 pid=$2 idle=$3
	shift 3
	stop="$stop $pid"
	for p in $(tree "$pid"); do
		judge "$name at rest" "$p" "$idle"
	done
	"$@" >/dev/null 2>&1 &
	work=$!
	sleep 1
	for p in $(tree "$pid"); do
		judge "$name at work" "$p" ""
	done
	kill $work 2>/dev/null
	wait $work 2>/dev/null
}

have() { # NAME COMMAND…
	server=$1
	case " ${SERVERS:-$server} " in
	*" $server "*) ;;
	*) return 1 ;;
	esac
	shift
	for command; do
		command -v "$command" >/dev/null || { t_skip "$server" "$command is not installed"; return 1; }
	done
	port=$((port + 1))
}

# until_open: something listens on the port.
until_open() {
	tries=0
	until python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$port" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 50 ] || { t_skip "$server" "it does not start here: $(tail -n 1 "$T/server.log")"; return 1; }
		sleep 0.2
	done
	sleep 1
}

fetch() {
	i=0
	while [ $i -lt 2000 ]; do
		curl -s -o /dev/null "http://127.0.0.1:$port/"
		i=$((i + 1))
	done
}

if have nginx nginx curl; then
	mkdir -p "$T/nginx"
	cat >"$T/nginx/conf" <<-CONF
		worker_processes 2;
		pid $T/nginx/pid;
		error_log $T/nginx/errors;
		events { worker_connections 64; }
		http { access_log off; client_body_temp_path $T/nginx; proxy_temp_path $T/nginx; fastcgi_temp_path $T/nginx;
		uwsgi_temp_path $T/nginx; scgi_temp_path $T/nginx;
		server { listen 127.0.0.1:$port; location / { return 200 "here"; } } }
	CONF
	nginx -p "$T/nginx" -c "$T/nginx/conf" >"$T/server.log" 2>&1
	until_open && both nginx "$(cat "$T/nginx/pid")" idle fetch
fi
if have redis redis-server redis-benchmark; then
	redis-server --port $port --bind 127.0.0.1 --save '' --dir "$T" >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both redis $pid idle redis-benchmark -p $port -n 300000 -q
fi
if have memcached memcached; then
	# Without symbols nothing tells what its helper threads wait for.
	memcached -l 127.0.0.1 -p $port -u nobody >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both memcached $pid "idle|waiting|sleeping" python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while True:
    s.sendall(b"set a 0 0 1\r\nb\r\nget a\r\n")
    s.recv(100)
' $port
fi
for bin in /usr/lib/postgresql/*/bin; do
	[ -d "$bin" ] && PATH=$PATH:$bin
done
if have postgresql initdb postgres pgbench; then
	as() { "$@"; }
	[ "$(id -u)" -ne 0 ] || as() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
	chmod 755 "$T"
	mkdir -m 700 "$T/pg"
	[ "$(id -u)" -ne 0 ] || chown nobody "$T/pg"
	if as initdb -D "$T/pg" -U bench >"$T/server.log" 2>&1; then
		as postgres -D "$T/pg" -p $port -k "$T/pg" -h 127.0.0.1 >"$T/server.log" 2>&1 &
		pid=$!
		if until_open; then
			while [ "$(cat /proc/$pid/comm 2>/dev/null)" != postgres ]; do
				pid=$(cat /proc/$pid/task/*/children | cut -d ' ' -f 1)
				[ -n "$pid" ] || break
			done
			pgbench -h 127.0.0.1 -p $port -U bench -i -q postgres >/dev/null 2>&1
			sleep 1
			both postgresql "$pid" idle pgbench -h 127.0.0.1 -p $port -U bench -c 3 -T 60 postgres
		fi
	else
		t_skip postgresql "no cluster: $(tail -n 1 "$T/server.log")"
	fi
fi
if have node node curl; then
	node -e '
const crypto = require("crypto");
require("http").createServer((q, s) => crypto.pbkdf2("a", "b", 5000, 64, "sha1", () => s.end("here")))
	.listen(Number(process.argv[1]), "127.0.0.1");
' $port >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both node $pid idle fetch
fi
if have python curl; then
	cat >"$T/served.py" <<-'PY'
		import concurrent.futures, http.server, queue, sys, threading, time
		jobs, lock = queue.Queue(), threading.Lock()
		def take():
		    while True:
		        jobs.get()
		def count():
		    while True:
		        with lock:
		            sum(range(1000))
		        time.sleep(0.001)
		for f in [take] * 3 + [count] * 3:
		    threading.Thread(target=f, daemon=True).start()
		pool = concurrent.futures.ThreadPoolExecutor(4)
		list(pool.map(str, range(100)))
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        jobs.put(1)
		        self.send_response(200)
		        self.end_headers()
		http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
	PY
	python3 "$T/served.py" $port >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both python $pid "idle|waiting|sleeping|running" fetch
fi
t_done
