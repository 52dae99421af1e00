#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Servers of the distribution, healthy, at rest and under light work: of no process may a report say more than a
# notification, and threads that have nothing to do must be idle. One file a server in tests/servers. Not part of make
# check, since it needs programs:
#	apt-get install gdb curl nginx-light redis-server redis-tools postgresql memcached nodejs python3 mariadb-server apache2 \
#		haproxy openjdk-17-jdk-headless rsyslog cron openssh-server samba bind9 php-fpm gunicorn containerd rabbitmq-server
#	top_builddir=. sh tests/e2e/servers.sh                in the build folder; SERVERS="nginx redis" chooses
# SERVERS_KEEP=FOLDER keeps the reports.
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
	[ -z "${SERVERS_KEEP:-}" ] || cp "$T/report.json" "$SERVERS_KEEP/$(echo "$1" | tr " " -).$2.json"
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

# as COMMAND …: not as root, which some servers refuse to run as.
as() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid nobody --regid nogroup --clear-groups "$@"
	else
		"$@"
	fi
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
		[ $tries -lt 50 ] || {
			t_skip "$server" "it does not start here: $(tail -n 1 "$T/server.log")"
			[ -z "$!" ] || kill "$!" 2>/dev/null
			return 1
		}
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

for file in "$top_srcdir"/tests/servers/*.sh; do
	# shellcheck disable=SC1090 # one of many
	. "$file"
done
t_done
