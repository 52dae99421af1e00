# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have mariadb mariadbd mariadb-install-db mariadb-slap; then
	mkdir -m 777 "$T/mariadb"
	chmod 755 "$T"
	as mariadb-install-db --no-defaults --datadir="$T/mariadb/data" --auth-root-authentication-method=normal \
		--skip-test-db >"$T/server.log" 2>&1
	# It reserves 8 TB of addresses, which gcore would copy.
	as mariadbd --no-defaults --datadir="$T/mariadb/data" --port=$port --bind-address=127.0.0.1 \
		--loose-innodb-buffer-pool-size-max=64M --socket="$T/mariadb/socket" --pid-file="$T/mariadb/pid" \
		>"$T/server.log" 2>&1 &
	until_open && both mariadb "$(cat "$T/mariadb/pid")" "idle|waiting" mariadb-slap --no-defaults -h 127.0.0.1 \
		-P $port -u root -a -c 4 -i 1000 --number-of-queries=2000
fi
