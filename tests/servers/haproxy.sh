# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have haproxy haproxy curl; then
	cat >"$T/haproxy.conf" <<-CONF
		global
		    nbthread 3
		defaults
		    mode http
		    timeout client 10s
		    timeout connect 10s
		    timeout server 10s
		frontend here
		    bind 127.0.0.1:$port
		    http-request return status 200
	CONF
	haproxy -W -f "$T/haproxy.conf" >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both haproxy $pid idle fetch
fi
