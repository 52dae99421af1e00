# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have bind named; then
	mkdir -m 777 "$T/bind"
	cat >"$T/bind/conf" <<-CONF
		options { directory "$T/bind"; pid-file "$T/bind/pid"; session-keyfile "$T/bind/key"; recursion no;
		listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; }; };
		controls { };
	CONF
	named -g -n 2 -c "$T/bind/conf" >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both bind $pid "idle|waiting" python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.settimeout(1)
while True:
    s.send(bytes.fromhex("1234010000010000000000000474657374000001 0001".replace(" ", "")))
    s.recv(500)
' $port
fi
