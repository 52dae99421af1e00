/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/stage.h"

#define MS UINT64_C(1000000)
/* Between the soft deadline and the hard one a loop has this long to come to its next step. */
#define GRACE_MS 5000

uint64_t da_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

static struct da_shared *starving; /* for the hook, which has no argument */

static void no_memory(void)
{
	starving->starved = getpid();
}

struct da_shared *da_shared_new(void)
{
	void *p = mmap(NULL, sizeof(struct da_shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		da_out_of_memory(sizeof(struct da_shared));
	starving = p;
	da_out_of_memory_hook = no_memory;
	return p;
}

/* ---------------------------------------------------------------- one stage */

static uint64_t peak_rss(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)u.ru_maxrss * 1024;
}

static void begin(struct da_runner *r, const struct da_stage *s, uint32_t number)
{
	struct da_shared *sh = r->shared;

	sh->watch.stage = number;
	da_watch_idle(&sh->watch);
	da_watch_progress(&sh->watch, 0, 0);
	if (!sh->terminate)
		sh->watch.stop = 0;
	sh->stage_limit_ms = (uint32_t)DA_MIN(r->max_time_ms * s->percent / 100, UINT64_C(86400000));
	snprintf(sh->stage_name, sizeof(sh->stage_name), "%s", s->name);
	sh->stage_began = da_now_ns();
	sh->worker = getpid();
}

static void end(struct da_runner *r, const struct da_stage *s, void *ctx)
{
	struct da_shared *sh = r->shared;
	uint64_t us = (da_now_ns() - sh->stage_began) / 1000;

	sh->stage_limit_ms = 0;
	da_watch_idle(&sh->watch);
	if (sh->watch.stop) {
		sh->overran = 1;
		r->note(ctx, s, sh->terminate ? "it was stopped early, since the run was asked to end"
					      : "its time was up; what it had found is kept",
			sh->terminate ? NULL : "give more time with --max-time");
	}
	if (r->timing)
		r->timing(ctx, s, us, peak_rss());
}

static void run_here(struct da_runner *r, const struct da_stage *s, uint32_t number, void *ctx)
{
	begin(r, s, number);
	s->run(ctx);
	end(r, s, ctx);
}

static const char *death(struct da_shared *sh, pid_t pid, int status, char *buffer, size_t n)
{
	if (sh->watch.overdue == (uint32_t)pid)
		return "it did not end in time";
	if (sh->starved == pid)
		return "it ran out of memory (--max-memory allows more)";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return "it was killed (out of memory?)";
	if (WIFSIGNALED(status))
		snprintf(buffer, n, "it died of signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(buffer, n, "it ended unexpectedly (%d)", WEXITSTATUS(status));
	return buffer;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* After a death: true when the culprit is known and the stage can run again without it. */
static bool put_in_quarantine(struct da_runner *r, const struct da_stage *s, uint32_t number, void *ctx,
			      const char *why)
{
	struct da_watch *w = &r->shared->watch;
	const char *name;
	char text[512];

	if (w->stage != number || w->kind == DA_ITEM_NONE || w->nquarantine >= DA_QUARANTINE_MAX)
		return false;
	name = r->item_name(ctx, (enum da_item)w->kind, w->item);
	snprintf(text, sizeof(text), "%s was left out: while %s was at it, %s", name, s->name, why);
	w->quarantine[w->nquarantine++] =
		(struct da_quarantined){ .stage = number, .kind = w->kind, .item = w->item };
	r->note(ctx, s, text, NULL);
	return true;
}

static bool shares_process(const struct da_runner *r)
{
	return !r->careful && r->checkpoint && da_now_ns() - r->checkpoint < UINT64_C(1000) * DA_LIGHT_US;
}

void da_stage(struct da_runner *r, const struct da_stage *s, void *ctx)
{
	uint32_t number = ++r->next_stage;
	struct da_shared *sh = r->shared;

	if (!r->isolate || shares_process(r)) {
		run_here(r, s, number, ctx);
		return;
	}
	for (;;) {
		char buffer[96];
		const char *why;
		int status;
		pid_t pid = fork();

		if (pid < 0) { /* no process to be had: without a net rather than without a report */
			run_here(r, s, number, ctx);
			return;
		}
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			r->checkpoint = da_now_ns();
			run_here(r, s, number, ctx);
			return; /* and on with what follows */
		}
		status = wait_for(pid);
		if (sh->finished)
			_exit(sh->exit_code);
		if (sh->watch.stage != number && !r->careful) { /* it was in a later one, which shared */
			r->careful = true;
			continue;
		}
		why = death(sh, pid, status, buffer, sizeof(buffer));
		if (!put_in_quarantine(r, s, number, ctx, why)) {
			char text[256];

			snprintf(text, sizeof(text), "the stage was left out: %s", why);
			r->note(ctx, s, text, NULL);
			if (s->lost)
				s->lost(ctx, why);
			return;
		}
	}
}

/* ---------------------------------------------------------------- the front process */

static void block_signals(sigset_t *set, sigset_t *old)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigprocmask(SIG_BLOCK, set, old);
}

static void check_deadlines(struct da_shared *s, uint64_t began, uint64_t max_time_ms)
{
	uint64_t now = da_now_ns(), limit = s->stage_limit_ms, spent, whole = (now - began) / MS;
	pid_t worker = s->worker;

	if (whole > max_time_ms && !s->terminate) {
		s->terminate = 1;
		s->watch.stop = 1;
	}
	if (!limit || worker <= 0 || now < s->stage_began)
		return;
	spent = (now - s->stage_began) / MS;
	if (spent > limit)
		s->watch.stop = 1;
	if (spent > limit + DA_MAX(limit / 2, (uint64_t)DA_MIN(limit, GRACE_MS))) {
		s->watch.overdue = (uint32_t)worker;
		s->stage_limit_ms = 0;
		s->overran = 1;
		kill(worker, SIGKILL);
	}
}

static int watch_over(struct da_runner *r, pid_t pid, const sigset_t *set, void *ctx,
		      void (*progress)(void *ctx, const struct da_shared *s, bool last))
{
	struct da_shared *s = r->shared;
	uint64_t began = da_now_ns();
	unsigned asked = 0;

	for (;;) {
		struct timespec tick = { 0, 50 * (long)MS };
		int got = sigtimedwait(set, NULL, &tick), status;

		if ((got == SIGTERM || got == SIGINT) && asked++ == 0) {
			s->terminate = 1;
			s->watch.stop = 1;
		} else if (got == SIGINT && asked > 1) { /* a second Ctrl-C: at once */
			kill(pid, SIGKILL);
		}
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (progress)
				progress(ctx, s, true);
			return s->finished ? s->exit_code : -1;
		}
		check_deadlines(s, began, r->max_time_ms);
		if (progress)
			progress(ctx, s, false);
	}
}

int da_front(struct da_runner *r, int (*work)(void *ctx), void *ctx,
	     void (*progress)(void *ctx, const struct da_shared *s, bool last))
{
	sigset_t set, old;
	pid_t pid;
	int code;

	if (!r->isolate) {
		code = work(ctx);
		r->shared->exit_code = code;
		r->shared->finished = 1;
		return code;
	}
	block_signals(&set, &old);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, SIG_IGN); /* the front passes the wish on by the watch */
		signal(SIGINT, SIG_IGN);
		sigprocmask(SIG_SETMASK, &old, NULL);
		code = work(ctx);
		r->shared->exit_code = code;
		r->shared->finished = 1;
		_exit(code);
	}
	code = watch_over(r, pid, &set, ctx, progress);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return code;
}
