/* SPDX-License-Identifier: Apache-2.0 */
/* process: what ran, and the dump of it. A fact that the dump does not hold is left out. */
#include "config.h"

#include "analyze/sections.h"
#include "analyze/words.h"

static void input(struct da_analysis *a)
{
	const struct da_origin *o = &a->dump->origin;
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_input);
	da_set_text(doc, DA_COL_input_file, o->file);
	da_set_uint(doc, DA_COL_input_bytes, o->bytes);
	if (o->compression) {
		da_set_uint(doc, DA_COL_input_compressed_bytes, o->compressed_bytes);
		da_set_text(doc, DA_COL_input_compression, o->compression);
	}
	da_set_word(doc, DA_COL_input_format, o->format);
	da_set_word(doc, DA_COL_input_writer, o->writer);
	da_set_text(doc, DA_COL_input_writer_comment, o->comment);
	da_set_word(doc, DA_COL_input_dump_type, o->dump_type);
	da_set_bool(doc, DA_COL_input_truncated, o->truncated);
	if (o->has_missing_bytes)
		da_set_uint(doc, DA_COL_input_missing_bytes, o->missing_bytes);
	da_set_text(doc, DA_COL_input_time, da_say_time(a, a->dump->proc.dump_time));
}

/* Only of a process in a namespace of its own has the kernel more than one id. */
static const char *container(struct da_analysis *a)
{
	const struct da_kernel_status *s = a->dump->proc.kernel_status;

	if (!s || s->pids.n < 2)
		return NULL;
	return da_printf(a->dump->arena, "a namespace of process ids: %u inside, %u outside", s->pids.v[s->pids.n - 1],
			 s->pids.v[0]);
}

static void times(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	da_set_text(a->doc, DA_COL_process_start_time, da_say_time(a, p->start_time));
	if (p->start_time && p->dump_time >= p->start_time)
		da_set_uint(a->doc, DA_COL_process_uptime_us, p->dump_time - p->start_time);
	if (p->has_times) {
		da_set_uint(a->doc, DA_COL_process_user_us, p->user_us);
		da_set_uint(a->doc, DA_COL_process_kernel_us, p->kernel_us);
	}
	da_set_text(a->doc, DA_COL_process_time_zone, p->time_zone);
}

/* ---------------------------------------------------------------- PID.status */

static void status_numbers(struct da_analysis *a, const struct da_kernel_status *s)
{
	static const struct {
		enum da_status_number number;
		enum da_col col;
	} columns[] = {
		{ DA_STATUS_THREADS, DA_COL_kernel_status_threads },
		{ DA_STATUS_EUID, DA_COL_kernel_status_effective_uid },
		{ DA_STATUS_VIRTUAL, DA_COL_kernel_status_virtual_bytes },
		{ DA_STATUS_VIRTUAL_PEAK, DA_COL_kernel_status_peak_virtual_bytes },
		{ DA_STATUS_RESIDENT, DA_COL_kernel_status_resident_bytes },
		{ DA_STATUS_RESIDENT_PEAK, DA_COL_kernel_status_peak_resident_bytes },
		{ DA_STATUS_ANONYMOUS, DA_COL_kernel_status_anonymous_bytes },
		{ DA_STATUS_SWAPPED, DA_COL_kernel_status_swapped_bytes },
		{ DA_STATUS_VOLUNTARY, DA_COL_kernel_status_voluntary_switches },
		{ DA_STATUS_INVOLUNTARY, DA_COL_kernel_status_involuntary_switches },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(columns); i++)
		if (da_status_has(s, columns[i].number))
			da_set_uint(a->doc, columns[i].col, s->v[columns[i].number]);
	if (da_status_has(s, DA_STATUS_TRACER) && s->v[DA_STATUS_TRACER])
		da_set_uint(a->doc, DA_COL_kernel_status_tracer_pid, s->v[DA_STATUS_TRACER]);
}

static void kernel_status(struct da_analysis *a)
{
	static const char *const seccomp[] = { "off", "strict", "filter" };
	const struct da_kernel_status *s = a->dump->proc.kernel_status;
	struct da_doc *doc = a->doc;

	if (!s)
		return;
	da_doc_row(doc, DA_BLOCK_kernel_status);
	da_set_text(doc, DA_COL_kernel_status_file, s->file);
	da_set_text(doc, DA_COL_kernel_status_state, s->state ? da_kernel_state_words(s->state) : NULL);
	status_numbers(a, s);
	for (size_t i = 0; s->pids.n > 1 && i < s->pids.n; i++)
		da_add_text(doc, DA_COL_kernel_status_pids, da_printf(a->dump->arena, "%u", s->pids.v[i]));
	if (da_status_has(s, DA_STATUS_CAPABILITIES))
		da_set_address(doc, DA_COL_kernel_status_capabilities, s->v[DA_STATUS_CAPABILITIES]);
	if (da_status_has(s, DA_STATUS_NO_NEW_PRIVILEGES))
		da_set_bool(doc, DA_COL_kernel_status_no_new_privileges, s->v[DA_STATUS_NO_NEW_PRIVILEGES] != 0);
	if (da_status_has(s, DA_STATUS_SECCOMP) && s->v[DA_STATUS_SECCOMP] < DA_ARRAY_SIZE(seccomp))
		da_set_word(doc, DA_COL_kernel_status_seccomp, seccomp[s->v[DA_STATUS_SECCOMP]]);
	da_set_text(doc, DA_COL_kernel_status_cpus_allowed, s->cpus);
}

void da_section_process(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_process);
	da_set_text(doc, DA_COL_process_name, p->name);
	if (p->has_pid)
		da_set_uint(doc, DA_COL_process_pid, p->pid);
	if (p->has_ppid)
		da_set_uint(doc, DA_COL_process_ppid, p->ppid);
	da_set_text(doc, DA_COL_process_executable, p->executable);
	if (p->arguments.n)
		da_add_arguments(doc, DA_COL_process_command_line, p->arguments.v, p->arguments.n);
	da_set_text(doc, DA_COL_process_product, p->product);
	da_set_text(doc, DA_COL_process_product_version, p->product_version);
	da_set_text(doc, DA_COL_process_cwd, p->cwd);
	da_set_text(doc, DA_COL_process_service, p->service);
	da_set_word(doc, DA_COL_process_priority_class, p->priority_class);
	da_set_text(doc, DA_COL_process_user, p->user);
	da_set_text(doc, DA_COL_process_integrity, p->integrity);
	da_set_text(doc, DA_COL_process_host, p->host);
	times(a);
	if (p->has_uid)
		da_set_uint(doc, DA_COL_process_uid, p->uid);
	if (p->has_gid)
		da_set_uint(doc, DA_COL_process_gid, p->gid);
	da_set_text(doc, DA_COL_process_container, container(a));
	if (p->os != DA_OS_UNKNOWN)
		da_set_word(doc, DA_COL_process_os, da_os_name(p->os));
	da_set_text(doc, DA_COL_process_os_version, p->os_version);
	da_set_text(doc, DA_COL_process_kernel, p->kernel);
	if (p->cpus)
		da_set_uint(doc, DA_COL_process_cpus, p->cpus);
	da_set_word(doc, DA_COL_process_arch, p->arch_name);
	da_set_uint(doc, DA_COL_process_bits, p->bits);
	input(a);
	kernel_status(a);
}
