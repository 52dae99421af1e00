/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that block: which descriptor, child, time. */
#include "truth.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static int pipe_in[2], pipe_full[2], pair[2], listener, ep, child, queue, set;
static char file[] = "lockXXXXXX";

#define BLOCK(name, words, ...)                                      \
	static void *name(void *arg)                                    \
	{                                                               \
		tell("wait tid=%d " words "\n", own_tid(), NUMBER);     \
		__VA_ARGS__;                                            \
		return arg;                                             \
	}

static char buffer[1 << 20];
#define NUMBER pipe_in[0]
BLOCK(do_read, "kind=file text=read.*descriptor.%d", (void)!read(pipe_in[0], buffer, 16))
#undef NUMBER
#define NUMBER pipe_full[1]
BLOCK(do_write, "kind=file gone=yes text=write.*descriptor.%d", (void)!write(pipe_full[1], buffer, sizeof(buffer)))
#undef NUMBER
#define NUMBER pair[0]
BLOCK(do_recv, "kind=socket text=receives.*descriptor.%d thread_state=waiting", recv(pair[0], buffer, 16, 0))
#undef NUMBER
#define NUMBER listener
BLOCK(do_accept, "kind=socket text=accept.*descriptor.%d thread_state=idle", accept(listener, NULL, NULL))
#undef NUMBER
#define NUMBER ep
BLOCK(do_epoll, "kind=poll gone=yes text=epoll.*descriptor.%d timeout=- thread_state=idle",
      struct epoll_event e; epoll_wait(ep, &e, 1, -1))
#undef NUMBER
#define NUMBER pipe_in[0]
BLOCK(do_poll, "kind=poll text=descriptor.%d timeout=77000000", struct pollfd p = { .fd = pipe_in[0], .events = POLLIN };
      poll(&p, 1, 77000))
BLOCK(do_select, "kind=poll text=descriptor.%d", fd_set s; struct timeval t = { 3600, 0 }; FD_ZERO(&s);
      FD_SET(pipe_in[0], &s); select(pipe_in[0] + 1, &s, NULL, NULL, &t))
#undef NUMBER
#define NUMBER 0
BLOCK(do_sleep, "kind=sleep timeout=4000000000%0.0d thread_state=sleeping", struct timespec t = { 4000, 0 };
      clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL))
BLOCK(do_sleep_until, "kind=sleep timeout=-%0.0d", struct timespec t; clock_gettime(CLOCK_REALTIME, &t); t.tv_sec += 4000;
      clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL))
BLOCK(do_signal, "kind=signal gone=yes%0.0d thread_state=idle", sigset_t s; siginfo_t i; sigemptyset(&s); sigaddset(&s, SIGUSR2);
      sigwaitinfo(&s, &i))
#undef NUMBER
#define NUMBER child
BLOCK(do_waitpid, "kind=child text=process.%d", waitpid(child, NULL, 0))
BLOCK(do_waitid, "kind=child text=process.%d", siginfo_t i; waitid(P_PID, (id_t)child, &i, WEXITED | WNOWAIT))
#undef NUMBER
#define NUMBER set
BLOCK(do_semop, "kind=semaphore gone=yes text=set.%d", struct sembuf b = { 0, -1, 0 }; semop(set, &b, 1))
#undef NUMBER
#define NUMBER queue
BLOCK(do_msgrcv, "kind=pipe gone=yes text=queue.%d", struct { long type; char text[8]; } m; msgrcv(queue, &m, 8, 0, 0))
#undef NUMBER

static void *do_flock(void *arg)
{
	int fd = open(file, O_RDWR);

	tell("wait tid=%d kind=file text=flock.*descriptor.%d\n", own_tid(), fd);
	flock(fd, LOCK_EX);
	return arg;
}

static void *do_fcntl(void *arg)
{
	struct flock l = { .l_type = F_WRLCK };
	int fd = open(file, O_RDWR);

	tell("wait tid=%d kind=file text=fcntl.*descriptor.%d\n", own_tid(), fd);
	fcntl(fd, F_SETLKW, &l);
	return arg;
}

/* What System V keeps would outlive the process. */
static void clean(int signal)
{
	(void)signal;
	msgctl(queue, IPC_RMID, NULL);
	semctl(set, 0, IPC_RMID);
	_exit(0);
}

static void make_child(void)
{
	struct flock l = { .l_type = F_WRLCK };

	child = fork();
	if (child == 0) {
		signal(SIGTERM, clean);
		signal(SIGALRM, clean);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		fcntl(open(file, O_RDWR), F_SETLKW, &l);
		alarm(120);
		for (;;)
			pause();
	}
}

int main(void)
{
	static void *(*const all[])(void *) = { do_read, do_write, do_recv, do_accept, do_epoll, do_poll, do_select, do_sleep,
						do_sleep_until, do_signal, do_waitpid, do_waitid, do_flock, do_fcntl,
						do_semop, do_msgrcv };
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (pipe(pipe_in) || pipe(pipe_full) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t));
	listen(listener, 1);
	ep = epoll_create1(0);
	queue = msgget(IPC_PRIVATE, 0600);
	set = semget(IPC_PRIVATE, 1, 0600);
	flock(mkstemp(file), LOCK_EX);
	make_child();
	nap(50);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		begin(all[i], NULL);
	ready();
}
