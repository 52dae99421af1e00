# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have apache apache2 curl && [ -e /usr/lib/apache2/modules/mod_mpm_event.so ]; then
	mkdir "$T/apache"
	cat >"$T/apache/conf" <<-CONF
		LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
		LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
		ServerRoot $T/apache
		DefaultRuntimeDir $T/apache
		PidFile $T/apache/pid
		ErrorLog $T/apache/errors
		ServerName 127.0.0.1
		Listen 127.0.0.1:$port
		User nobody
		Group nogroup
		StartServers 2
		ThreadsPerChild 8
		DocumentRoot $T/apache
	CONF
	apache2 -d "$T/apache" -f "$T/apache/conf" -DFOREGROUND >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both apache $pid idle fetch
fi
