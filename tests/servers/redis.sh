# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have redis redis-server redis-benchmark; then
	redis-server --port $port --bind 127.0.0.1 --save '' --dir "$T" >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both redis $pid idle redis-benchmark -p $port -n 300000 -q
fi
