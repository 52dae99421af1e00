# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have rabbitmq erl /usr/lib/rabbitmq/bin/rabbitmq-server; then
	mkdir "$T/rabbitmq"
	export HOME="$T/rabbitmq" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$((port + 100))
	RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_NODE_PORT=$port RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
		RABBITMQ_MNESIA_BASE=$T/rabbitmq RABBITMQ_LOG_BASE=$T/rabbitmq RABBITMQ_DIST_PORT=$((port + 200)) \
		RABBITMQ_PID_FILE=$T/rabbitmq/pid RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
		/usr/lib/rabbitmq/bin/rabbitmq-server >"$T/server.log" 2>&1 &
	pid=$!
	tries=0
	until_open && sleep 10 && both rabbitmq $pid "idle|waiting|sleeping" sleep 10
	kill $pid && wait $pid
	epmd -kill >/dev/null 2>&1 # it stays behind its server
fi
