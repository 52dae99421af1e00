# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have nginx nginx curl; then
	mkdir -p "$T/nginx"
	cat >"$T/nginx/conf" <<-CONF
		worker_processes 2;
		pid $T/nginx/pid;
		error_log $T/nginx/errors;
		events { worker_connections 64; }
		http { access_log off; client_body_temp_path $T/nginx; proxy_temp_path $T/nginx; fastcgi_temp_path $T/nginx;
		uwsgi_temp_path $T/nginx; scgi_temp_path $T/nginx;
		server { listen 127.0.0.1:$port; location / { return 200 "here"; } } }
	CONF
	nginx -p "$T/nginx" -c "$T/nginx/conf" >"$T/server.log" 2>&1
	until_open && both nginx "$(cat "$T/nginx/pid")" idle fetch
fi
