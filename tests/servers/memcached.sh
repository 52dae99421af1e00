# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
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
