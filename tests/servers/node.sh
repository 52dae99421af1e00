# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have node node curl; then
	node -e '
const crypto = require("crypto");
require("http").createServer((q, s) => crypto.pbkdf2("a", "b", 5000, 64, "sha1", () => s.end("here")))
	.listen(Number(process.argv[1]), "127.0.0.1");
' $port >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both node $pid idle fetch
fi
