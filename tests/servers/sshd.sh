# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have sshd sshd ssh-keygen; then
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$T/sshd.key" >"$T/server.log" 2>&1
	"$(command -v sshd)" -D -e -f /dev/null -h "$T/sshd.key" -p $port -o ListenAddress=127.0.0.1 -o "PidFile=$T/sshd.pid" \
		>"$T/server.log" 2>&1 &
	pid=$!
	until_open && both sshd $pid "idle|waiting" python3 -c '
import socket, sys
all = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(5)]
input()
' $port
fi
