# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have rsyslog rsyslogd; then
	cat >"$T/rsyslog.conf" <<-CONF
		module(load="imtcp")
		input(type="imtcp" address="127.0.0.1" port="$port")
		global(workDirectory="$T")
		*.* action(type="omfile" file="$T/rsyslog.out" queue.type="linkedList")
	CONF
	rsyslogd -n -f "$T/rsyslog.conf" -i "$T/rsyslog.pid" >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both rsyslog $pid "idle|sleeping" python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while True:
    s.sendall(b"<14>here\n" * 100)
' $port
fi
