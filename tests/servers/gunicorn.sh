# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have gunicorn gunicorn curl; then
	printf 'def app(environ, start):\n    start("200 OK", [])\n    return [b"here"]\n' >"$T/served_by.py"
	(cd "$T" && exec gunicorn -b 127.0.0.1:$port -w 2 --threads 4 served_by:app >"$T/server.log" 2>&1) &
	pid=$!
	until_open && both gunicorn $pid "idle|waiting|sleeping" fetch
fi
