# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have samba smbd; then
	mkdir "$T/samba"
	cat >"$T/samba/conf" <<-CONF
		[global]
		bind interfaces only = yes
		interfaces = 127.0.0.1
		lock directory = $T/samba
		state directory = $T/samba
		cache directory = $T/samba
		pid directory = $T/samba
		private dir = $T/samba
		ncalrpc dir = $T/samba
		smb ports = $port
		log file = $T/samba/log
		disable spoolss = yes
	CONF
	smbd -F --no-process-group -s "$T/samba/conf" >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both samba $pid idle sleep 10
fi
