/* SPDX-License-Identifier: Apache-2.0 */
/* LIB */
/* RUN connect query holding server */
/* FLAGS -ldl -rdynamic */
/*
 * Threads that wait for what is outside. "connect": a connection is being made to a server that does not take it, by
 * more than a fifth of all; "query": one thread asked a database, by a function of the name that its client has;
 * "holding": with a mutex, for which others wait; "server": healthy, each thread waits for what its client says.
 */
#include "hang.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#ifdef LIB
/* In a library of its own, as libpq is; it receives by poll of one socket. */
__attribute__((noinline)) int PQexec(int fd, const char *query)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = 0;

	while (n <= 0)
		n = poll(&p, 1, -1);
	return n + (query != NULL);
}
#else
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static struct sockaddr_in address = { .sin_family = AF_INET };
#define MANY 12

static int tid[MANY], pair[2], holding;
static int (*ask)(int, const char *);

static void *connector(void *arg)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	*(int *)arg = own_tid();
	while (connect(s, (struct sockaddr *)&address, sizeof(address)) != 0)
		;
	return arg;
}

static void *query(void *arg)
{
	if (holding)
		pthread_mutex_lock(&m);
	*(int *)arg = own_tid();
	return (void *)(long)(ask(pair[0], "select 1") + 1);
}

static void *follower(void *arg)
{
	*(int *)arg = own_tid();
	pthread_mutex_lock(&m);
	return arg;
}

static void *server(void *arg)
{
	int ends[2];
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	*(int *)arg = own_tid();
	while (recv(ends[0], &c, 1, 0) < 0)
		;
	return arg;
}

/* A queue of one connection, which is taken. */
static void listen_full(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s, (struct sockaddr *)&address, n) != 0 || listen(s, 0) != 0 || getsockname(s, (struct sockaddr *)&address, &n) != 0)
		abort();
	for (int i = 0; i < 4; i++)
		connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&address, n);
	nap(50);
}

static void of_connect(void)
{
	listen_full();
	for (int i = 0; i < MANY; i++)
		begin(connector, &tid[i]);
	until_all(tid, MANY);
	for (int i = 0; i < MANY; i++)
		tell("wait tid=%d kind=socket owner=-\n", tid[i]);
	tell("finding rule=hang.waiting-remote severity=warning threads=%s title=^12_threads_wait_for_an_answer_of_another_machine_.127\\.0\\.0\\.1:%d.$\n",
	     ids(tid, MANY), ntohs(address.sin_port));
}

static void of_query(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 4);
	void *library;

	strcpy(path + (n > 0 ? n : 0), ".so");
	library = dlopen(path, RTLD_NOW);
	if (!library || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	ask = (int (*)(int, const char *))dlsym(library, "PQexec");
	bystanders();
	begin(query, &tid[0]);
	for (int i = 1; i <= 2 * holding; i++)
		begin(follower, &tid[i]);
	until_all(tid, 1 + 2 * holding);
	tell("wait tid=%d kind=poll owner=-\n", tid[0]);
	if (holding)
		tell("finding rule=hang.lock-owner-blocked severity=warning threads=%s title=^2_threads_wait_behind sure=yes\n",
		     ids(tid, 3));
	else
		tell("named finding rule=hang.waiting-remote severity=information threads=%d title=PostgreSQL\n", tid[0]);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "server";

	holding = what[0] == 'h';
	if (what[0] == 'c')
		of_connect();
	else if (what[0] != 's')
		of_query();
	for (int i = 0; what[0] == 's' && i < 8; i++)
		begin(server, &tid[i]);
	ready();
}
#endif
