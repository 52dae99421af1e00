/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PID.status beside a core: /proc/PID/status. It tells what the kernel kept of the process and no core holds: whether
 * it was traced, what of its memory was in RAM and what was swapped out, its capabilities, its ids in each namespace.
 * Process ids come round again: a file whose process id or name is not the dump's is of another process.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "loader/sidefile.h"

#define NAME_MAX_BYTES 64 /* TASK_COMM_LEN is 16; worker threads of the kernel have longer ones */
#define NAMESPACES 32     /* MAX_PID_NS_LEVEL of the kernel */

enum form { NUMBER, KILOBYTES, HEX, SECOND /* of the numbers in the line: the effective id */ };

static const struct row {
	const char *key;
	uint8_t number, form;
} rows[] = {
	{ "Threads:", DA_STATUS_THREADS, NUMBER },
	{ "TracerPid:", DA_STATUS_TRACER, NUMBER },
	{ "Uid:", DA_STATUS_EUID, SECOND },
	{ "VmSize:", DA_STATUS_VIRTUAL, KILOBYTES },
	{ "VmPeak:", DA_STATUS_VIRTUAL_PEAK, KILOBYTES },
	{ "VmRSS:", DA_STATUS_RESIDENT, KILOBYTES },
	{ "VmHWM:", DA_STATUS_RESIDENT_PEAK, KILOBYTES },
	{ "RssAnon:", DA_STATUS_ANONYMOUS, KILOBYTES },
	{ "VmSwap:", DA_STATUS_SWAPPED, KILOBYTES },
	{ "CapEff:", DA_STATUS_CAPABILITIES, HEX },
	{ "NoNewPrivs:", DA_STATUS_NO_NEW_PRIVILEGES, NUMBER },
	{ "Seccomp:", DA_STATUS_SECCOMP, NUMBER },
	{ "voluntary_ctxt_switches:", DA_STATUS_VOLUNTARY, NUMBER },
	{ "nonvoluntary_ctxt_switches:", DA_STATUS_INVOLUNTARY, NUMBER },
};

static bool read_number(struct da_bytes value, enum form form, uint64_t *ret)
{
	uint64_t v;

	if (!da_beside_number(&value, form == HEX ? 16 : 10, &v))
		return false;
	if (form == SECOND && !da_beside_number(&value, 10, &v))
		return false;
	if (form == KILOBYTES && (!da_beside_starts(value, "kB") || !da_mul(&v, v, 1024)))
		return false;
	*ret = v;
	return true;
}

static void read_pids(struct da_arena *a, struct da_kernel_status *s, struct da_bytes value)
{
	uint64_t v;

	while (s->pids.n < NAMESPACES && da_beside_number(&value, 10, &v) && v <= UINT32_MAX)
		da_vec_push(a, &s->pids, (uint32_t)v);
}

void da_status_line(struct da_arena *a, struct da_kernel_status *s, struct da_bytes line)
{
	struct da_bytes value;
	uint64_t v;

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		if (da_beside_value(line, rows[i].key, &value)) {
			if (read_number(value, (enum form)rows[i].form, &s->v[rows[i].number]))
				s->known |= 1u << rows[i].number;
			return;
		}
	if (da_beside_value(line, "Name:", &value) && value.n > 0 && !s->name)
		s->name = da_text(a, value.p, DA_MIN(value.n, (size_t)NAME_MAX_BYTES));
	else if (da_beside_value(line, "State:", &value) && value.n > 0 && da_kernel_state_words((char)value.p[0]))
		s->state = (char)value.p[0];
	else if (da_beside_value(line, "Pid:", &value) && da_beside_number(&value, 10, &v) && v <= UINT32_MAX)
		s->pid = (uint32_t)v;
	else if (da_beside_value(line, "NSpid:", &value) && s->pids.n == 0)
		read_pids(a, s, value);
	else if (da_beside_value(line, "Cpus_allowed_list:", &value) && value.n > 0 && value.n < 1024)
		s->cpus = da_text(a, value.p, value.n);
}

/* The kernel writes a process's id into its core as the process itself knows it: in its innermost namespace. */
static bool has_pid(const struct da_kernel_status *s, uint32_t pid)
{
	bool has = s->pid == pid;

	for (size_t i = 0; i < s->pids.n; i++)
		has |= s->pids.v[i] == pid;
	return has;
}

/* Why it is not of this process; NULL: it is. */
static const char *contradiction(const struct da_dump *d, const struct da_kernel_status *s)
{
	const struct da_process *p = &d->proc;

	if (!has_pid(s, p->pid))
		return da_printf(d->arena, "it is of process %u", s->pid);
	if (s->name && p->name && !da_streq(s->name, p->name))
		return da_printf(d->arena, "it is of a process of the name %s, and the dump's is %s", s->name, p->name);
	return NULL;
}

static void take_over(struct da_process *p, const struct da_kernel_status *s)
{
	p->kernel_status = s;
	if (!p->resident_bytes && da_status_has(s, DA_STATUS_RESIDENT))
		p->resident_bytes = s->v[DA_STATUS_RESIDENT];
	if (!p->peak_resident_bytes && da_status_has(s, DA_STATUS_RESIDENT_PEAK))
		p->peak_resident_bytes = s->v[DA_STATUS_RESIDENT_PEAK];
}

void da_read_kernel_status(struct da_dump *d, struct da_bytes b, const char *name)
{
	struct da_kernel_status *s = da_new(d->arena, struct da_kernel_status);
	struct da_bytes line;
	const char *why;

	s->file = name;
	while (da_beside_line(&b, &line))
		da_status_line(d->arena, s, line);
	if (s->pid == 0) {
		da_note(d->ledger, DA_NOTE_CORRUPT, "process status", "Write it with: cat /proc/PID/status > PID.status",
			DA_PATH("%s") " is not used: it has no line \"Pid:\"", name);
		return;
	}
	why = contradiction(d, s);
	if (why)
		da_note(d->ledger, DA_NOTE_DISAGREE, "process status", NULL, DA_PATH("%s") " is not used: %s", name, why);
	else
		take_over(&d->proc, s);
}
