# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
for bin in /usr/lib/postgresql/*/bin; do
	[ -d "$bin" ] && PATH=$PATH:$bin
done
if have postgresql initdb postgres pgbench; then
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
