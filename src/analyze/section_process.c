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
	if (p->os != DA_OS_UNKNOWN)
		da_set_word(doc, DA_COL_process_os, da_os_name(p->os));
	da_set_text(doc, DA_COL_process_os_version, p->os_version);
	da_set_text(doc, DA_COL_process_kernel, p->kernel);
	if (p->cpus)
		da_set_uint(doc, DA_COL_process_cpus, p->cpus);
	da_set_word(doc, DA_COL_process_arch, p->arch_name);
	da_set_uint(doc, DA_COL_process_bits, p->bits);
	input(a);
}
