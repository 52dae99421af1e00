# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
for php in /usr/sbin/php-fpm[0-9]*; do
	if have php "$php"; then
		printf '[global]\nerror_log = %s\n[www]\nlisten = 127.0.0.1:%s\nuser = nobody\ngroup = nogroup\npm = static\npm.max_children = 3\n' \
			"$T/php.log" $port >"$T/php.conf"
		"$php" -F -y "$T/php.conf" >"$T/server.log" 2>&1 &
		pid=$!
		until_open && both php $pid idle sleep 10
	fi
done
