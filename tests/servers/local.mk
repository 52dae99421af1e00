# SPDX-License-Identifier: Apache-2.0
# Servers that tests/e2e/servers.sh starts and dumps.
EXTRA_DIST += tests/e2e/servers.sh \
	%D%/apache.sh \
	%D%/bind.sh \
	%D%/containerd.sh \
	%D%/cron.sh \
	%D%/gunicorn.sh \
	%D%/haproxy.sh \
	%D%/java.sh \
	%D%/mariadb.sh \
	%D%/memcached.sh \
	%D%/nginx.sh \
	%D%/node.sh \
	%D%/php.sh \
	%D%/postgresql.sh \
	%D%/python.sh \
	%D%/rabbitmq.sh \
	%D%/redis.sh \
	%D%/rsyslog.sh \
	%D%/samba.sh \
	%D%/sshd.sh
