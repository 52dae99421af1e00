/* SPDX-License-Identifier: Apache-2.0 */
/* Minidumps that tests/synth wrote, read by the loader: every stream, every CPU, and damages. */
#include "config.h"

#include <string.h>

#include "unit/load_md.h"

static const struct da_module *module_named(const struct da_dump *d, const char *name)
{
	for (size_t i = 0; i < d->proc.modules.n; i++)
		if (da_streq(d->proc.modules.v[i].name, name))
			return &d->proc.modules.v[i];
	return NULL;
}

/* ---------------------------------------------------------------- a Windows process */

static const uint16_t windows_cpus[] = { SYNTH_MD_AMD64, SYNTH_MD_X86, SYNTH_MD_ARM64 };

static struct da_dump *process(uint16_t cpu)
{
	struct synth_md *s = synth_md_new(cpu, SYNTH_MD_WINDOWS);

	synth_md_process(s);
	return load(s, DA_OK);
}

static void process_facts_of(int i)
{
	struct da_dump *d = process(windows_cpus[i]);
	const struct da_process *p = &d->proc;

	ck_assert_int_eq(p->os, DA_OS_WINDOWS);
	ck_assert_uint_eq(p->bits, windows_cpus[i] == SYNTH_MD_X86 ? 32 : 64);
	ck_assert(p->has_pid);
	ck_assert_uint_eq(p->pid, 77);
	ck_assert_str_eq(p->name, "orders.exe");
	ck_assert_str_eq(p->executable, "C:\\shop\\orders.exe");
	ck_assert_uint_eq(p->arguments.n, 3);
	ck_assert_str_eq(p->arguments.v[0], "orders.exe");
	ck_assert_str_eq(p->arguments.v[2], "a b");
	ck_assert_str_eq(p->cwd, "C:\\shop\\");
	ck_assert_uint_eq(p->environment.n, 2);
	ck_assert_str_eq(p->host, "TILL");
	ck_assert_str_eq(p->os_version, "Windows Server 2022, 20348");
	ck_assert_str_eq(p->integrity, "high");
	ck_assert_uint_eq(p->cpus, 4);
	ck_assert_uint_eq(p->dump_time, UINT64_C(1700000000000000));
	ck_assert_uint_eq(p->dump_time - p->start_time, 60000000);
	ck_assert_str_eq(d->origin.writer, "windows");
	ck_assert_str_eq(d->origin.format, "minidump");
	ck_assert(!d->origin.truncated);
	ck_assert_uint_eq(p->handles.n, 1);
	ck_assert_str_eq(p->handles.v[0].type, "Event");
	da_dump_free(d);
}

START_TEST(process_facts)
{
	for (int i = 0; i < 3; i++)
		process_facts_of(i);
}
END_TEST

static void threads_and_modules_of(int i)
{
	struct da_dump *d = process(windows_cpus[i]);
	const struct da_process *p = &d->proc;
	const struct da_thread *t = &p->threads.v[0];
	const struct da_module *m = module_named(d, "orders.exe");

	ck_assert_uint_eq(p->threads.n, 2);
	ck_assert_str_eq(t->name, "main");
	ck_assert_uint_eq(t->tid, 100);
	ck_assert(t->has_last_error);
	ck_assert_uint_eq(t->last_error, 5);
	ck_assert_uint_eq(t->user_us, 2000000);
	ck_assert_uint_eq(t->created, UINT64_C(1700000000000000));
	ck_assert_uint_eq(t->stack_base, 0x300000);
	ck_assert_uint_eq(t->entry, 0x401000);
	ck_assert_ptr_nonnull(m);
	ck_assert(m->main && m->pe && m->has_pdb_id);
	ck_assert_str_eq(m->version, "1.2.3.4");
	ck_assert_str_eq(m->pdb_name, "orders.pdb");
	ck_assert_uint_eq(m->pdb_age, 1);
	ck_assert_str_eq(da_pdb_id_hex(d->arena, m), "123456789ABCDEF00102030405060708");
	ck_assert_uint_eq(m->timestamp, 0x5f000000);
	ck_assert_uint_eq(m->from, DA_FROM_MODULE_LIST | DA_FROM_LOADER_LIST);
	m = module_named(d, "late.dll"); /* only the loader's list has it */
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->start, 0x50000000);
	ck_assert_uint_eq(m->from, DA_FROM_LOADER_LIST);
	ck_assert_uint_eq(p->unloaded.n, 1);
	ck_assert_str_eq(p->unloaded.v[0].name, "old.dll");
	da_dump_free(d);
}

START_TEST(threads_and_modules)
{
	for (int i = 0; i < 3; i++)
		threads_and_modules_of(i);
}
END_TEST

static void exception_context_is_preferred_of(int i)
{
	struct da_dump *d = process(windows_cpus[i]);
	const struct da_exception *e = d->proc.exception;
	const struct da_thread *t = &d->proc.threads.v[1];
	const struct da_arch *arch = d->proc.arch;

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->thread, 1);
	ck_assert(!e->is_signal);
	ck_assert_str_eq(e->name, "EXCEPTION_ACCESS_VIOLATION");
	ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
	ck_assert_uint_eq(e->address, 0x18);
	ck_assert_uint_eq(e->parameters.n, 2);
	ck_assert_uint_eq(t->regs.v[arch->pc], 0x401234);
	ck_assert_uint_eq(t->regs.v[arch->sp], 0x2fff00);
	ck_assert_uint_eq(t->regs.v[arch->fp], 0x2fff40);
	ck_assert_ptr_nonnull(t->dispatch_regs);
	ck_assert_uint_eq(t->dispatch_regs->v[arch->pc], 0x20001000);
	ck_assert_ptr_null(d->proc.threads.v[0].dispatch_regs);
	da_dump_free(d);
}

START_TEST(exception_context_is_preferred)
{
	for (int i = 0; i < 3; i++)
		exception_context_is_preferred_of(i);
}
END_TEST

/* ---------------------------------------------------------------- CPUs */

START_TEST(contexts_of_all_cpus)
{
	static const struct {
		uint16_t cpu;
		const char *arch, *first;
		bool full;
	} cases[] = {
		{ SYNTH_MD_AMD64, "x86_64", "rax", true }, { SYNTH_MD_X86, "x86", "eax", true },
		{ SYNTH_MD_ARM64, "aarch64", "x0", true }, { SYNTH_MD_ARM64_OLD, "aarch64", "x0", true },
		{ SYNTH_MD_ARM, "arm", "r0", false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct synth_md *s = synth_md_new(cases[i].cpu, SYNTH_MD_LINUX);
		struct da_dump *d;
		const struct da_regs *r;

		synth_md_thread(s, &(struct synth_md_thread){ .tid = 5, .regs = { 0x1000, 0x2000, 0x3000, 0x4000, 0 } });
		d = load(s, cases[i].full ? DA_OK : DA_PARTIAL);
		ck_assert_str_eq(d->proc.arch_name, cases[i].arch);
		r = &d->proc.threads.v[0].regs;
		ck_assert_uint_eq(r->v[d->proc.arch->pc], 0x1000);
		ck_assert_uint_eq(r->v[d->proc.arch->sp], 0x2000);
		ck_assert_uint_eq(r->v[da_arch_reg(d->proc.arch, cases[i].first)], 0x4000);
		ck_assert(d->minimal == !cases[i].full);
		da_dump_free(d);
	}
}
END_TEST

/* Writers of 64 bits extend the sign of 32-bit addresses. */
START_TEST(addresses_of_32_bits)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_X86, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
	synth_md_module(s, &(struct synth_md_module){ .base = UINT64_C(0xffffffff80000000), .size = 4096,
						      .path = "a.dll" });
	synth_md_exception(s, &(struct synth_md_exception){
		.tid = 5, .code = 0xc0000005, .address = UINT64_C(0xffffffff80000010), .nparameters = 2,
		.parameters = { 0, UINT64_C(0xfffffffff0000045) } });
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.modules.v[0].start, 0x80000000);
	ck_assert_uint_eq(d->proc.exception->address, 0xf0000045);
	da_dump_free(d);
}
END_TEST

/*
 * A 32-bit program dumped by a 64-bit tool: one thread in 32-bit code, one in the layer below it with
 * its registers saved, one whose registers are not in the dump.
 */
START_TEST(wow64)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	static const uint64_t tebs[] = { 0x300000, 0x310000, 0x320000 };
	uint8_t teb64[0x2100], context[0x2d0];
	struct da_dump *d;
	const struct da_thread *t;

	for (unsigned i = 0; i < 3; i++) {
		memset(teb64, 0, sizeof(teb64));
		synth_md_set(teb64 + 0x2018, 4, tebs[i] + 0x2000);
		synth_md_set(teb64 + 0x2024, 4, 40 + i);
		synth_md_set(teb64 + 0x2004, 4, 0x90000);
		synth_md_set(teb64 + 0x2008, 4, 0x80000);
		synth_md_set(teb64 + 0x2034, 4, 1460);
		synth_md_set(teb64 + 0x1488, 8, i == 1 ? 0x700000 : 0);
		synth_md_memory(s, tebs[i], teb64, sizeof(teb64));
		synth_md_thread(s, &(struct synth_md_thread){
			.tid = 40 + i, .teb = tebs[i],
			.regs = { .pc = i ? UINT64_C(0x7ffa00001000) : 0x401000, .sp = 0x8ff00,
				  .segment = i ? 0x33 : 0x23 } });
	}
	memset(context, 0, sizeof(context));
	synth_md_set(context + 4, 4, 0x1003f);
	synth_md_set(context + 4 + 0xb8, 4, 0x77001234);
	synth_md_memory(s, 0x700000, context, sizeof(context));
	d = load(s, DA_OK);
	ck_assert_str_eq(d->proc.arch_name, "x86");
	ck_assert_uint_eq(d->proc.bits, 32);
	t = d->proc.threads.v;
	ck_assert_uint_eq(t[0].regs.v[d->proc.arch->pc], 0x401000);
	ck_assert_uint_eq(t[0].stack_base, 0x90000);
	ck_assert_uint_eq(t[0].last_error, 1460);
	ck_assert_uint_eq(t[1].regs.v[d->proc.arch->pc], 0x77001234);
	ck_assert_uint_eq(t[2].regs.valid, 0);
	ck_assert(ledger_says(d, DA_NOTE_MISSING, "of 1 threads"));
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- memory */

static void memory_repeats_and_overlaps_of(int i)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	uint8_t a[256], b[256];
	struct da_dump *d;
	uint8_t got[384];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	synth_md_layout(s)->memory64 = i;
	synth_md_memory(s, 0x20000, b, 256);
	synth_md_memory(s, 0x10000, a, 256);
	synth_md_memory(s, 0x10000, a, 256);
	synth_md_memory(s, 0x10080, b, 256);
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.mem.ranges.n, 3);
	ck_assert_int_eq(da_mem_read(&d->proc.mem, 0x10000, got, 384, NULL), DA_OK);
	ck_assert_uint_eq(got[255], 'a');
	ck_assert_uint_eq(got[256], 'b');
	ck_assert_int_eq(da_mem_read(&d->proc.mem, 0x10180, got, 1, NULL), DA_FAULT);
	ck_assert_uint_eq(da_ledger_count(d->ledger), 2); /* no threads, no modules; overlaps are no fault */
	da_dump_free(d);
}

START_TEST(memory_repeats_and_overlaps)
{
	for (int i = 0; i < 2; i++)
		memory_repeats_and_overlaps_of(i);
}
END_TEST

START_TEST(memory_info_describes)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;
	const struct da_range *r;

	synth_md_region(s, 0x10000, 0x1000, 0x1000, 0x104, 0x20000); /* guard page */
	synth_md_region(s, 0x11000, 0x2000, 0x1000, 4, 0x20000);
	synth_md_region(s, 0x13000, 0x1000, 0x2000, 0, 0x20000);     /* reserved */
	synth_md_region(s, 0x20000, 0x1000, 0x10000, 1, 0);          /* free */
	synth_md_region(s, 0x30000, 0x1000, 0x1000, 0x20, 0x1000000);
	synth_md_memory(s, 0x11800, NULL, 0x800);
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.mem.ranges.n, 6);
	r = da_mem_range(&d->proc.mem, 0x10000);
	ck_assert(r->has_prot && r->prot == 0);
	r = da_mem_range(&d->proc.mem, 0x11800);
	ck_assert_uint_eq(r->start, 0x11800);
	ck_assert_uint_eq(r->file_len, 0x800);
	ck_assert_uint_eq(r->prot, DA_PROT_R | DA_PROT_W);
	ck_assert_int_eq(r->kind, DA_RANGE_ANONYMOUS);
	r = da_mem_range(&d->proc.mem, 0x12000);
	ck_assert_uint_eq(r->file_len, 0);
	ck_assert_int_eq(da_mem_range(&d->proc.mem, 0x13000)->kind, DA_RANGE_RESERVED);
	ck_assert_ptr_null(da_mem_range(&d->proc.mem, 0x20000));
	r = da_mem_range(&d->proc.mem, 0x30000);
	ck_assert_uint_eq(r->prot, DA_PROT_R | DA_PROT_X);
	da_dump_free(d);
}
END_TEST

/* Snapshots of one thread: the same addresses, other bytes for each. */
START_TEST(each_thread_has_its_own_stack)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	uint8_t a[64], b[64], got[16];
	struct da_dump *d;
	struct da_memory *m;

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 1, .stack_start = 0x1000, .stack = a, .stack_size = 64 });
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 2, .stack_start = 0x1000, .stack = b, .stack_size = 64 });
	synth_md_memory(s, 0x1040, a, 64);
	d = load(s, DA_OK);
	m = &d->proc.mem;
	ck_assert_uint_eq(d->proc.threads.v[0].own.bytes.n, 0);
	ck_assert_uint_eq(d->proc.threads.v[1].own.bytes.n, 64);
	ck_assert_int_eq(da_mem_read(m, 0x1030, got, 16, NULL), DA_OK);
	ck_assert_uint_eq(got[0], 'a');
	da_mem_as(m, &d->proc.threads.v[1]);
	ck_assert_int_eq(da_mem_read(m, 0x1038, got, 16, NULL), DA_OK); /* over the edge of its own */
	ck_assert_uint_eq(got[7], 'b');
	ck_assert_uint_eq(got[8], 'a');
	da_mem_as(m, NULL);
	ck_assert_int_eq(da_mem_read(m, 0x1038, got, 16, NULL), DA_OK);
	ck_assert_uint_eq(got[0], 'a');
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- exceptions */

static struct da_dump *with_exceptions(uint32_t platform, const uint32_t *codes, size_t n)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, platform);

	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5, .regs = { 0x1000, 0x2000, 0, 0, 0 } });
	for (size_t i = 0; i < n; i++)
		synth_md_exception(s, &(struct synth_md_exception){ .tid = 5, .code = codes[i], .flags = 1,
								    .address = 0x40 });
	return load(s, DA_OK);
}

START_TEST(dumps_on_demand_are_no_crash)
{
	static const uint32_t windows[] = { 0, 0x0517a7ed, 0xcca11ed, 0xcfffffff };
	static const uint32_t linux_codes[] = { 0xffffffff, 0, 19, 0x0517a7ed };

	for (size_t i = 0; i < 4; i++) {
		struct da_dump *d = with_exceptions(SYNTH_MD_WINDOWS, &windows[i], 1);

		ck_assert_ptr_null(d->proc.exception);
		da_dump_free(d);
		d = with_exceptions(SYNTH_MD_LINUX, &linux_codes[i], 1);
		ck_assert_ptr_null(d->proc.exception);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(the_fault_among_several)
{
	static const uint32_t codes[] = { 19, 19, 11, 6 };
	struct da_dump *d = with_exceptions(SYNTH_MD_LINUX, codes, 4);
	const struct da_exception *e = d->proc.exception;

	ck_assert(e->is_signal);
	ck_assert_int_eq(e->code, 11);
	ck_assert_str_eq(e->name, "SIGSEGV");
	ck_assert_int_eq(e->subcode, 1);
	ck_assert(e->has_address);
	ck_assert_uint_eq(e->address, 0x40);
	da_dump_free(d);
}
END_TEST

START_TEST(nested_records)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	uint8_t record[0x98] = { 0 };
	const struct da_exception *e;
	struct da_dump *d;

	synth_md_set(record, 4, 0xe06d7363);
	synth_md_set(record + 8, 8, 0x5000); /* itself: it must end */
	synth_md_set(record + 0x10, 8, 0x7777);
	synth_md_set(record + 0x18, 4, 2);
	synth_md_set(record + 0x28, 8, 0x99);
	synth_md_memory(s, 0x5000, record, sizeof(record));
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
	synth_md_exception(s, &(struct synth_md_exception){ .tid = 6, .code = 0xc0000025, .nested = 0x5000,
							    .nparameters = 1000 });
	d = load(s, DA_OK);
	e = d->proc.exception;
	ck_assert_uint_eq(e->thread, DA_NONE);
	ck_assert(ledger_says(d, DA_NOTE_MISSING, "id 6"));
	ck_assert_uint_eq(e->parameters.n, 15);
	ck_assert_uint_eq(e->nested.n, 1);
	ck_assert_str_eq(e->nested.v[0].name, "MSVC_CPP_EXCEPTION");
	ck_assert_uint_eq(e->nested.v[0].parameters.v[1], 0x99);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- Linux */

static void text_stream(struct synth_md *s, uint32_t type, const char *text)
{
	synth_md_stream(s, type, text, strlen(text));
}

START_TEST(proc_streams)
{
	static const char maps[] = "00400000-00402000 r-xp 00000000 08:01 12 /opt/shop/orders\n"
				   "00402000-00403000 rw-p 00002000 08:01 12 /opt/shop/orders\n"
				   "00500000-00521000 rw-p 00000000 00:00 0 [heap]\n"
				   "nonsense\n"
				   "7f0000000000-7f0000002000 r-xp 00000000 08:01 9 /lib/libc.so.6 (deleted)\n";
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_LINUX);
	uint8_t auxv[32] = { 0 };
	const struct da_process *p;
	struct da_dump *d;

	synth_md_set(auxv, 8, 9);
	synth_md_set(auxv + 8, 8, 0x400100);
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 42 });
	text_stream(s, 0x47670004, "Name:\torders\nPid:\t42\nPPid:\t1\nUid:\t1000\t1000\nGid:\t100\nVmRSS:\t 12 kB\n");
	text_stream(s, 0x47670005, "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
	synth_md_stream(s, 0x47670006, "orders\0-v\0", 10);
	synth_md_stream(s, 0x47670007, "HOME=/\0A=b\0", 11);
	synth_md_stream(s, 0x47670008, auxv, sizeof(auxv));
	text_stream(s, 0x47670009, maps);
	d = load(s, DA_OK);
	p = &d->proc;
	ck_assert_int_eq(p->os, DA_OS_LINUX);
	ck_assert_str_eq(p->name, "orders");
	ck_assert_uint_eq(p->pid, 42);
	ck_assert_uint_eq(p->ppid, 1);
	ck_assert_uint_eq(p->uid, 1000);
	ck_assert_uint_eq(p->resident_bytes, 12288);
	ck_assert_str_eq(p->os_version, "Debian GNU/Linux 12");
	ck_assert_uint_eq(p->arguments.n, 2);
	ck_assert_uint_eq(p->environment.n, 2);
	ck_assert_uint_eq(p->auxv.n, 1);
	ck_assert_uint_eq(p->modules.n, 2); /* no module list: those of which code was mapped */
	ck_assert(p->modules.v[0].main);
	ck_assert_str_eq(p->executable, "/opt/shop/orders");
	ck_assert_str_eq(p->modules.v[1].path, "/lib/libc.so.6");
	ck_assert_int_eq(da_mem_range(&p->mem, 0x500000)->kind, DA_RANGE_HEAP);
	ck_assert_int_eq(p->threads.v[0].role, DA_ROLE_MAIN);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "1 lines"));
	da_dump_free(d);
}
END_TEST

START_TEST(elf_modules_and_links)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_LINUX);
	static const uint8_t id[24] = { 'L', 'E', 'p', 'B', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
					17, 18, 19, 20 };
	uint8_t debug[36] = { 0 }, links[20] = { 0 };
	const struct da_module *m;
	struct da_dump *d;
	uint32_t at;

	synth_md_module(s, &(struct synth_md_module){ .base = 0x400000, .size = 0x3000, .path = "/opt/orders",
						      .codeview = id, .codeview_size = 24 });
	synth_md_set(links, 8, 0x400000);
	synth_md_set(links + 12, 8, 0x402e00);
	at = synth_md_put(s, links, sizeof(links));
	synth_md_set(debug, 4, 1);
	synth_md_set(debug + 4, 4, at);
	synth_md_set(debug + 8, 4, 0x7fffffff); /* a count that lies */
	synth_md_stream(s, 0x4767000a, debug, sizeof(debug));
	d = load(s, DA_PARTIAL);
	m = &d->proc.modules.v[0];
	ck_assert_uint_eq(m->build_id_len, 20);
	ck_assert_uint_eq(m->build_id[19], 20);
	ck_assert(!m->pe && m->has_bias);
	ck_assert_uint_eq(m->bias, 0x400000);
	ck_assert_uint_eq(m->dynamic, 0x402e00);
	ck_assert_str_eq(d->origin.writer, "breakpad");
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- writers */

START_TEST(who_wrote_it)
{
	static const struct {
		const char *comment, *writer;
	} cases[] = {
		{ "\r\n*** procdump.exe -ma -c 80 orders\r\n*** Process exceeded 80% CPU for 5 seconds.", "procdump" },
		{ "written by DbgHost", "debugdiag" },
		{ "Process Explorer", "process-explorer" },
		{ "something else", "unknown" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
		struct da_dump *d;

		synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
		text_stream(s, 10, cases[i].comment);
		d = load(s, DA_OK);
		ck_assert_str_eq(d->origin.writer, cases[i].writer);
		if (i == 0)
			ck_assert_str_eq(d->origin.comment, "procdump.exe -ma -c 80 orders; Process exceeded 80% "
					 "CPU for 5 seconds.");
		da_dump_free(d);
	}
}
END_TEST

static const char *type_of(uint64_t flags, bool memory, uint32_t saved, bool map)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;
	const char *type;

	synth_md_layout(s)->flags = flags;
	synth_md_layout(s)->memory64 = true;
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
	if (map) {
		synth_md_region(s, 0x10000, 0x10000, 0x1000, 4, 0x20000);
		synth_md_region(s, 0x400000, 0x10000, 0x1000, 0x20, 0x1000000);
	}
	if (memory)
		synth_md_memory(s, 0x10000, NULL, saved);
	d = load(s, DA_OK);
	type = d->origin.dump_type;
	da_dump_free(d);
	return type;
}

/* Flags are what was asked for; what is there decides. */
START_TEST(kind_of_dump)
{
	ck_assert_str_eq(type_of(0x2, true, 0x10000, true), "full");
	ck_assert_str_eq(type_of(0x2, true, 0x1000, true), "unknown"); /* asked for, not done */
	ck_assert_str_eq(type_of(0x2, false, 0, true), "unknown");
	ck_assert_str_eq(type_of(0x200, true, 0x10000, true), "heap");
	ck_assert_str_eq(type_of(0, true, 0x1000, true), "mini");
	ck_assert_str_eq(type_of(0x100000, true, 0x1000, true), "triage");
	ck_assert_str_eq(type_of(0x2, true, 4 << 20, false), "full");
}
END_TEST

/* ---------------------------------------------------------------- parameters of the process */

static struct da_dump *with_command_line(const char *line, const char *environment)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);

	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5, .teb = 0x7ffe0000 });
	synth_md_peb(s, &(struct synth_md_peb){ .pid = 1, .command_line = line, .environment = environment });
	return load(s, DA_OK);
}

START_TEST(command_lines)
{
	static const struct {
		const char *line, *arguments[5];
	} cases[] = {
		{ "a.exe b  c", { "a.exe", "b", "c" } },
		{ "\"C:\\Program Files\\a.exe\" -x", { "C:\\Program Files\\a.exe", "-x" } },
		{ "a.exe \"a\\\\\" b", { "a.exe", "a\\", "b" } },
		{ "a.exe a\\\"b c\\d", { "a.exe", "a\"b", "c\\d" } },
		{ "a.exe \"\" x", { "a.exe", "", "x" } },
		{ "a.exe \"he said \"\"no\"\"\" y", { "a.exe", "he said \"no\"", "y" } },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = with_command_line(cases[i].line, NULL);
		size_t n = 0;

		for (; n < 5 && cases[i].arguments[n]; n++) {
			ck_assert_uint_gt(d->proc.arguments.n, n);
			ck_assert_str_eq(d->proc.arguments.v[n], cases[i].arguments[n]);
		}
		ck_assert_uint_eq(d->proc.arguments.n, n);
		da_dump_free(d);
	}
}
END_TEST

/* The revision of ntdll, also where its files keep the number of an earlier build. */
START_TEST(windows_builds)
{
	static const struct {
		uint32_t build, files;
		uint8_t product;
		const char *csd, *text;
	} cases[] = {
		{ 20348, 20348, 3, NULL, "Windows Server 2022, 20348.2340" },
		{ 19045, 19041, 1, NULL, "Windows 10 22H2, 19045.2340" },
		{ 22631, 22621, 1, NULL, "Windows 11 23H2, 22631.2340" },
		{ 22000, 7601, 1, NULL, "Windows 11 21H2, 22000" },
		{ 22000, 7601, 1, "282", "Windows 11 21H2, 22000.282" },
		{ 7601, 1, 1, "Service Pack 1", "Windows 7 SP1, 7601" },
		{ 12345, 1, 3, NULL, "Windows Server 10.0, build 12345" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
		struct da_dump *d;

		synth_md_layout(s)->build = cases[i].build;
		synth_md_layout(s)->product = cases[i].product;
		synth_md_layout(s)->csd = cases[i].csd;
		synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
		synth_md_module(s, &(struct synth_md_module){ .base = 0x10000, .size = 4096, .path = "C:\\ntdll.dll",
							      .version = { 0x000a0000, cases[i].files << 16 | 2340 } });
		d = load(s, DA_OK);
		ck_assert_str_eq(d->proc.os_version, cases[i].text);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(services)
{
	static const struct {
		const char *line, *environment, *service;
	} cases[] = {
		{ "c:\\windows\\system32\\inetsrv\\w3wp.exe -ap \"Shop Pool\" -v v4.0", NULL, "Shop Pool" },
		{ "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule", NULL, "Schedule" },
		{ "C:\\Windows\\system32\\svchost.exe -k LocalService", NULL, "LocalService" },
		{ "dotnet.exe shop.dll", "APP_POOL_ID=Shop", "Shop" },
		{ "notepad.exe -ap x", NULL, NULL },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = with_command_line(cases[i].line, cases[i].environment);

		ck_assert_msg(da_streq(d->proc.service, cases[i].service), "%s: %s", cases[i].line, d->proc.service);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(loader_list_without_end)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5, .teb = 0x7ffe0000 });
	synth_md_module(s, &(struct synth_md_module){ .base = 0x400000, .size = 4096, .path = "C:\\a.exe" });
	synth_md_peb(s, &(struct synth_md_peb){ .pid = 1, .cyclic = true });
	d = load(s, DA_OK);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "does not end"));
	da_dump_free(d);
}
END_TEST

START_TEST(handles_with_state)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	uint8_t mutant[8] = { 0xff, 0xff, 0xff, 0xff }, owner[16] = { 0 }, semaphore[8] = { 0 };
	struct da_dump *d;
	const struct da_handle *h;

	synth_md_set(owner, 8, 77);
	synth_md_set(owner + 8, 8, 101);
	synth_md_set(semaphore, 4, 2);
	synth_md_set(semaphore + 4, 4, 9);
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
	synth_md_handle(s, &(struct synth_md_handle){ 4, "Mutant", "\\Gate", 2, mutant, 8 });
	synth_md_handle(s, &(struct synth_md_handle){ 8, "Mutant", NULL, 3, owner, 16 });
	synth_md_handle(s, &(struct synth_md_handle){ 12, "Semaphore", NULL, 8, semaphore, 8 });
	synth_md_handle(s, &(struct synth_md_handle){ .handle = 16 });
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.handles.n, 4);
	h = d->proc.handles.v;
	ck_assert(h[0].has_state && h[0].state == -1);
	ck_assert_str_eq(h[0].name, "\\Gate");
	ck_assert(h[1].has_owner && h[1].owner_pid == 77 && h[1].owner_tid == 101);
	ck_assert(h[2].state == 2 && h[2].limit == 9);
	ck_assert_ptr_null(h[3].type);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- damages */

START_TEST(padded_lists)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	synth_md_layout(s)->padded = true;
	synth_md_layout(s)->unused = 3;
	synth_md_process(s);
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.threads.n, 2);
	ck_assert_uint_eq(d->proc.threads.v[1].tid, 101);
	ck_assert_uint_eq(d->proc.modules.n, 4);
	ck_assert(!d->origin.truncated);
	da_dump_free(d);
}
END_TEST

START_TEST(lists_that_lie)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	synth_md_layout(s)->extra_count = 1000000;
	synth_md_process(s);
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.threads.n, 2);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "ThreadList says it has 1000002 entries"));
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "ModuleList"));
	da_dump_free(d);
}
END_TEST

START_TEST(streams_that_lie)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	synth_md_process(s);
	synth_md_stream_at(s, 10, 0xfffffff0, 0xffffffff); /* a comment at the end of all numbers */
	synth_md_stream_at(s, 15, 40, 24);                 /* MiscInfo a second time */
	synth_md_stream(s, 19, NULL, 3);
	synth_md_stream_at(s, 22, 0xfffffff0, 0x20);
	d = load(s, DA_PARTIAL);
	ck_assert(d->origin.truncated);
	ck_assert_uint_gt(d->origin.missing_bytes, UINT64_C(0xf0000000));
	ck_assert_uint_eq(d->proc.pid, 77);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "MiscInfo is there more than once"));
	ck_assert(ledger_says(d, DA_NOTE_CUT, "CommentA lies behind the end"));
	da_dump_free(d);
}
END_TEST

START_TEST(refused)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	const char *message = NULL;
	enum da_status status;
	uint8_t *p;
	size_t n;

	synth_md_layout(s)->no_system_info = true;
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 5 });
	p = synth_md_build(s, &n);
	da_dump_free(load_bytes(p, n, &status, &message));
	ck_assert_int_eq(status, DA_UNSUPPORTED);
	p[4] = 0x94;
	da_dump_free(load_bytes(p, n, &status, &message));
	ck_assert_int_eq(status, DA_CORRUPT);
	synth_md_free(s);
	free(p);
}
END_TEST

/* What is cut away is only what was there: a report of the rest comes out wherever the end is. */
static void cut_anywhere_of(int i)
{
	struct synth_md *s = synth_md_new(i ? SYNTH_MD_X86 : SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	size_t n, threads = 0;
	uint8_t *p, *copy;

	synth_md_layout(s)->memory64 = i;
	synth_md_process(s);
	p = synth_md_build(s, &n);
	for (size_t cut = 0; cut < n; cut += cut < 4096 ? 1 : 61) {
		const char *message = NULL;
		enum da_status status;
		struct da_dump *d;

		copy = malloc(cut ? cut : 1); /* its own block, for the sanitizers */
		memcpy(copy, p, cut);
		d = load_bytes(copy, cut, &status, &message);
		ck_assert_msg(status == DA_PARTIAL || status == DA_UNSUPPORTED || status == DA_CORRUPT,
			      "%zu bytes: %s", cut, da_status_name(status));
		if (status == DA_PARTIAL) {
			ck_assert(d->origin.truncated);
			ck_assert_uint_ge(d->proc.threads.n, threads); /* more of the file, never less */
			threads = d->proc.threads.n;
		} else {
			ck_assert_ptr_nonnull(message);
		}
		da_dump_free(d);
		free(copy);
	}
	synth_md_free(s);
	free(p);
}

START_TEST(cut_anywhere)
{
	for (int i = 0; i < 2; i++)
		cut_anywhere_of(i);
}
END_TEST

UNIT_MAIN("minidump", process_facts, threads_and_modules, exception_context_is_preferred,
	  contexts_of_all_cpus, addresses_of_32_bits, wow64, memory_repeats_and_overlaps, memory_info_describes,
	  each_thread_has_its_own_stack, dumps_on_demand_are_no_crash, the_fault_among_several,
	  nested_records, proc_streams, elf_modules_and_links, who_wrote_it, kind_of_dump, command_lines,
	  windows_builds, services, loader_list_without_end, handles_with_state, padded_lists, lists_that_lie,
	  streams_that_lie, refused, cut_anywhere)
