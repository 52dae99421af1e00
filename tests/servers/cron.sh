# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have cron cron; then
	cron -f >"$T/server.log" 2>&1 &
	sleep 1
	both cron $! "idle|sleeping" sleep 10
fi
