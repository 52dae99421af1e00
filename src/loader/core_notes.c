/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes of a core. A PRSTATUS opens a thread; what follows belongs to it up to the next PRSTATUS,
 * except the notes of the process. The kernel writes the dumping thread first and the process notes
 * behind its PRSTATUS; gcore writes PRPSINFO first and AUXV and FILE last; createdump in between.
 */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "loader/elfcore.h"

#define NT_GDB_TDESC_ 0xff000000u
#define NT_X86_XSAVE_LAYOUT_ 0x205u

static struct da_thread *current(struct core *c)
{
	size_t n = c->d->proc.threads.n;

	return n ? &c->d->proc.threads.v[n - 1] : NULL;
}

/* ---- PRSTATUS: sizes and places as in the kernel's struct elf_prstatus */

static void read_registers(struct core *c, struct da_cursor *u, struct da_thread *t)
{
	const struct da_arch *arch = c->d->proc.arch;
	struct da_cursor regs;

	if (!arch || !arch->prstatus_nregs)
		return;
	regs = da_sub(u, arch->prstatus_regs, (uint64_t)arch->prstatus_nregs * c->word);
	if (!da_ok(&regs)) {
		da_note(c->d->ledger, DA_NOTE_CORRUPT, "thread notes", NULL,
			"a PRSTATUS note is too short for the registers of this CPU");
		return;
	}
	for (unsigned r = 0; r < arch->nregs; r++) {
		if (arch->regs[r].prstatus < 0)
			continue;
		da_seek(&regs, (size_t)arch->regs[r].prstatus * c->word);
		da_reg_set(&t->regs, (int)r, da_get_word(&regs));
	}
}

static uint64_t read_time(struct da_cursor *u)
{
	uint64_t sec = da_get_word(u), usec = da_get_word(u);

	return sec > UINT32_MAX ? 0 : sec * 1000000 + usec; /* 136 years: not a time */
}

static void read_prstatus(struct core *c, struct da_cursor u)
{
	struct da_dump *d = c->d;
	struct da_thread *t;

	if (d->proc.threads.n >= d->limits->threads) {
		da_note(d->ledger, DA_NOTE_LIMIT, "thread notes", NULL,
			"more than %llu threads: the rest is left out",
			(unsigned long long)d->limits->threads);
		return;
	}
	if (da_left(&u) < (c->word == 4 ? 72u : 112u)) {
		da_note(d->ledger, DA_NOTE_CORRUPT, "thread notes", NULL,
			"a PRSTATUS note of %zu bytes is too short", da_left(&u));
		return;
	}
	if (c->nprstatus++ == 0)
		c->prstatus_first = !c->nprpsinfo && !c->nauxv;
	t = da_vec_add(d->arena, &d->proc.threads);
	da_seek(&u, 12);
	t->signal = (int16_t)da_get_u16(&u);
	da_seek(&u, c->word == 4 ? 24 : 32);
	t->tid = da_get_u32(&u);
	if (c->nprstatus == 1) {
		d->proc.ppid = da_get_u32(&u);
		d->proc.has_ppid = d->proc.ppid != 0;
	}
	da_seek(&u, c->word == 4 ? 40 : 48);
	t->user_us = read_time(&u);
	t->kernel_us = read_time(&u);
	c->cursigs += t->signal != 0;
	read_registers(c, &u, t);
}

/* ---- notes of the process */

static void read_prpsinfo(struct core *c, struct da_cursor u)
{
	struct da_dump *d = c->d;
	struct da_process *p = &d->proc;
	/* i386 and armhf have 16-bit user ids, other 32-bit CPUs of today 32-bit ones (size 128) */
	bool wide = c->word == 8 || da_left(&u) >= 128;
	size_t ids = c->word == 8 ? 16 : 8, after = ids + (wide ? 8 : 4);
	const uint8_t *text;

	if (da_left(&u) < (c->word == 8 ? 136u : 124u)) {
		da_note(d->ledger, DA_NOTE_CORRUPT, "process notes", NULL,
			"the PRPSINFO note of %zu bytes is too short", da_left(&u));
		return;
	}
	if (c->nprpsinfo++)
		return;
	c->prpsinfo_first = !c->nprstatus;
	da_skip(&u, 1);
	c->prpsinfo_state = da_get_u8(&u);
	da_seek(&u, ids);
	p->uid = wide ? da_get_u32(&u) : da_get_u16(&u);
	p->gid = wide ? da_get_u32(&u) : da_get_u16(&u);
	p->has_uid = p->has_gid = true;
	da_seek(&u, after);
	p->pid = da_get_u32(&u);
	p->has_pid = p->pid != 0;
	p->ppid = da_get_u32(&u);
	p->has_ppid = p->ppid != 0;
	da_skip(&u, 8);
	text = da_get_bytes(&u, 16);
	if (text)
		p->name = da_text_cstr(d->arena, text, 16);
	text = da_get_bytes(&u, 80);
	if (text)
		c->psargs = da_text_cstr(d->arena, text, 80);
}

static void read_auxv(struct core *c, struct da_cursor u)
{
	struct da_dump *d = c->d;

	if (c->nauxv++)
		return;
	c->auxv_first = !c->nprstatus && !c->nprpsinfo;
	while (da_left(&u) >= 2u * c->word && d->proc.auxv.n < 256) {
		struct da_pair pair = { da_get_word(&u), da_get_word(&u) };

		if (pair.key == 0) /* AT_NULL */
			return;
		da_vec_push(d->arena, &d->proc.auxv, pair);
	}
}

static const char *next_name(struct da_cursor *names)
{
	const uint8_t *p = names->p;
	size_t left = da_left(names), n = strnlen((const char *)p, left);

	da_skip(names, n + 1);
	return da_ok(names) ? (const char *)p : NULL;
}

size_t core_path_length(const char *name, size_t n, bool *ret_deleted)
{
	static const char ending[] = " (deleted)";
	size_t k = sizeof(ending) - 1;

	*ret_deleted = n > k && memcmp(name + n - k, ending, k) == 0;
	return *ret_deleted ? n - k : n;
}

static void add_mapping(struct core *c, uint64_t start, uint64_t end, uint64_t off, const char *name)
{
	struct da_dump *d = c->d;
	bool deleted;
	size_t n = core_path_length(name, strlen(name), &deleted);
	char *path = da_text(d->arena, name, n);

	da_vec_push(d->arena, &c->mappings,
		    ((struct core_mapping){ core_address(c, start), core_address(c, end), off,
					    da_intern(d->arena, &d->strings, path), deleted }));
}

static void read_file(struct core *c, struct da_cursor u)
{
	struct da_dump *d = c->d;
	uint64_t count = da_get_word(&u), page = da_get_word(&u);
	struct da_cursor names = u;

	if (c->nfile++)
		return;
	c->mappings_cut = true;
	if (!da_count_ok(&u, count, 3u * c->word, d->limits->segments)) {
		da_note(d->ledger, DA_NOTE_CORRUPT, "file note", NULL,
			"the FILE note claims %llu mapped files, room is for %zu",
			(unsigned long long)count, da_left(&u) / (3u * c->word));
		return;
	}
	da_skip(&names, (size_t)count * 3 * c->word);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t start = da_get_word(&u), end = da_get_word(&u), off = da_get_word(&u);
		const char *name = next_name(&names);

		if (!name) {
			da_note(d->ledger, DA_NOTE_CUT, "file note", NULL,
				"names of %llu mapped files are missing",
				(unsigned long long)(count - i));
			return;
		}
		if (!da_mul(&off, off, page ? page : 1) || start >= end)
			continue;
		add_mapping(c, start, end, off, name);
	}
	c->mappings_cut = false;
}

/* ---- notes of a thread that matter here */

static void read_siginfo(struct core *c, struct da_cursor u)
{
	struct da_dump *d = c->d;
	struct core_siginfo *s;

	c->nsiginfo++;
	if (da_left(&u) < 12)
		return;
	s = da_vec_add(d->arena, &c->siginfos);
	s->thread = d->proc.threads.n ? (uint32_t)(d->proc.threads.n - 1) : DA_NONE;
	s->bytes = (struct da_bytes){ u.p, da_left(&u) };
	s->signo = (int32_t)da_get_u32(&u);
	s->error = (int32_t)da_get_u32(&u);
	s->code = (int32_t)da_get_u32(&u);
}

/* i386: the thread pointer is the base of the segment that gs selects. */
static void read_386_tls(struct core *c, struct da_cursor u)
{
	struct da_thread *t = current(c);
	int gs = c->d->proc.arch ? da_arch_reg(c->d->proc.arch, "gs") : DA_REG_NONE;

	if (!t || !da_reg_known(&t->regs, gs))
		return;
	while (da_left(&u) >= 16) {
		uint32_t index = da_get_u32(&u), base = da_get_u32(&u);

		da_skip(&u, 8);
		if (index == t->regs.v[gs] >> 3)
			t->tp = base;
	}
}

static void read_arm_tls(struct core *c, struct da_cursor u)
{
	struct da_thread *t = current(c);

	if (t)
		t->tp = da_get_word(&u);
}

static void read_pac_mask(struct core *c, struct da_cursor u)
{
	struct da_thread *t = current(c);

	(void)da_get_u64(&u); /* mask of data addresses */
	if (t)
		t->pac_mask = da_get_u64(&u);
}

static void count_fpregs(struct core *c, struct da_cursor u)
{
	(void)u;
	c->nfpregs++;
}

static void count_xstate(struct core *c, struct da_cursor u)
{
	(void)u;
	c->nxstate++;
}

static void count_gdb(struct core *c, struct da_cursor u)
{
	(void)u;
	c->ngdb++;
}

/* What we read, and what we know and have no use for (read NULL); others are named in the ledger. */
static const struct note_row {
	const char *owner;
	uint32_t from, to;
	void (*read)(struct core *c, struct da_cursor u);
} rows[] = {
	{ "CORE", NT_PRSTATUS, NT_PRSTATUS, read_prstatus },
	{ "CORE", NT_FPREGSET, NT_FPREGSET, count_fpregs },
	{ "CORE", NT_PRPSINFO, NT_PRPSINFO, read_prpsinfo },
	{ "CORE", NT_AUXV, NT_AUXV, read_auxv },
	{ "CORE", NT_SIGINFO, NT_SIGINFO, read_siginfo },
	{ "CORE", NT_FILE, NT_FILE, read_file },
	{ "CORE", NT_TASKSTRUCT, NT_TASKSTRUCT, NULL },
	{ "CORE", NT_PLATFORM, NT_PLATFORM, NULL },
	{ "LINUX", NT_386_TLS, NT_386_TLS, read_386_tls },
	{ "LINUX", NT_ARM_TLS, NT_ARM_TLS, read_arm_tls },
	{ "LINUX", NT_ARM_PAC_MASK, NT_ARM_PAC_MASK, read_pac_mask },
	{ "LINUX", NT_X86_XSTATE, NT_X86_XSTATE, count_xstate },
	{ "LINUX", NT_PRXFPREG, NT_PRXFPREG, NULL },
	{ "LINUX", 0x201, 0x205, NULL },  /* x86: I/O permissions, shadow stack, xsave layout */
	{ "LINUX", 0x100, 0x110, NULL },  /* Power */
	{ "LINUX", 0x300, 0x30d, NULL },  /* s390 */
	{ "LINUX", 0x400, 0x40f, NULL },  /* ARM */
	{ "LINUX", 0x900, 0x902, NULL },  /* RISC-V */
	{ "LINUX", 0xa00, 0xa04, NULL },  /* LoongArch */
	{ "LINUX", 0x800, 0x803, NULL },  /* MIPS */
	{ "GDB", NT_GDB_TDESC_, NT_GDB_TDESC_, count_gdb },
};

static bool is_foreign(const char *owner)
{
	return da_starts(owner, "NetBSD") || da_starts(owner, "FreeBSD") || da_starts(owner, "OpenBSD") ||
	       da_starts(owner, "QNX") || da_starts(owner, "Sun");
}

static void dispatch(struct core *c, const char *owner, uint32_t type, struct da_cursor desc)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		if (type >= rows[i].from && type <= rows[i].to && strcmp(owner, rows[i].owner) == 0) {
			if (rows[i].read)
				rows[i].read(c, desc);
			return;
		}
	if (is_foreign(owner)) {
		if (!c->other_os)
			c->other_os = owner;
		return;
	}
	da_note(c->d->ledger, DA_NOTE_UNSUPPORTED, "notes", NULL,
		"notes of the kind %s 0x%x are not known to this version", owner, type);
}

/* NetBSD names the thread in the note's owner: "NetBSD-CORE@17". */
static void read_netbsd_thread(struct core *c, const char *owner)
{
	struct da_process *p = &c->d->proc;
	const char *at = strchr(owner, '@');
	uint32_t tid = 0;

	for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9'; at++)
		tid = tid * 10 + (uint32_t)(*at - '0');
	if (tid == 0 || p->threads.n >= c->d->limits->threads ||
	    (p->threads.n && p->threads.v[p->threads.n - 1].tid == tid))
		return;
	da_vec_add(c->d->arena, &p->threads)->tid = tid;
}

static void note_cut_notes(struct core *c)
{
	if (c->notes_cut)
		return;
	c->notes_cut = true;
	c->d->origin.truncated = true;
	da_note(c->d->ledger, DA_NOTE_CUT, "notes", "copy the whole file again", "%s",
		c->notes_last ? "the notes (threads, registers, file names) lie behind the end of the file"
			      : "the notes (threads, registers, file names) are cut");
}

static void read_segment(struct core *c, const struct core_segment *s)
{
	struct da_bytes f = c->d->file;
	uint64_t size = s->off >= f.n ? 0 : DA_MIN(s->filesz, f.n - s->off);
	struct da_cursor u = da_cursor(size ? f.p + s->off : f.p, (size_t)size, c->big_endian, c->word);

	for (uint64_t i = 0; da_left(&u) >= 12 && i < c->d->limits->notes; i++) {
		uint32_t namesz = da_get_u32(&u), descsz = da_get_u32(&u), type = da_get_u32(&u);
		const uint8_t *name = da_get_bytes(&u, namesz);
		struct da_cursor desc;
		char *owner;

		da_align(&u, 4);
		desc = da_sub(&u, da_pos(&u), descsz);
		if (!da_ok(&u) || !da_ok(&desc)) {
			if (size == s->filesz)
				da_note(c->d->ledger, DA_NOTE_CORRUPT, "notes", NULL,
					"a note of %u bytes runs past the end of its segment", descsz);
			break;
		}
		owner = da_text_cstr(c->d->arena, name, namesz);
		if (da_starts(owner, "NetBSD-CORE"))
			read_netbsd_thread(c, owner);
		dispatch(c, owner, type, desc);
		da_skip(&u, descsz);
		da_align(&u, 4);
	}
	if (size < s->filesz)
		note_cut_notes(c);
}

/*
 * The kernel gives the leader the sum of all threads of the process, those that ended too (fill_prstatus,
 * thread_group_cputime); what the living others do not explain is its own and that of the ended ones.
 */
static void own_times(struct core *c)
{
	struct da_process *p = &c->d->proc;
	uint64_t user = 0, kernel = 0, any = 0;
	struct da_thread *leader = NULL;

	for (size_t i = 0; i < p->threads.n; i++) {
		struct da_thread *t = &p->threads.v[i];

		any |= t->user_us | t->kernel_us;
		if (p->has_pid && t->tid == p->pid) {
			leader = t;
			continue;
		}
		user += t->user_us;
		kernel += t->kernel_us;
	}
	if (!any) /* gcore, createdump and qemu leave the fields zero */
		return;
	for (size_t i = 0; i < p->threads.n; i++)
		p->threads.v[i].has_times = true;
	if (leader) {
		leader->user_us -= DA_MIN(user, leader->user_us);
		leader->kernel_us -= DA_MIN(kernel, leader->kernel_us);
		leader->times_with_ended = leader->user_us || leader->kernel_us;
	}
}

static void finish_threads(struct core *c)
{
	struct da_process *p = &c->d->proc;

	for (size_t i = 0; i < p->threads.n; i++) {
		struct da_thread *t = &p->threads.v[i];
		bool leader = p->has_pid && t->tid == p->pid;

		if (p->arch && da_reg_known(&t->regs, p->arch->tp))
			t->tp = t->regs.v[p->arch->tp];
		if (leader)
			t->name = p->name; /* pr_fname is the leader's comm; the others' are nowhere */
		t->role = leader ? DA_ROLE_MAIN : DA_ROLE_UNKNOWN;
	}
	own_times(c);
}

void core_read_notes(struct core *c)
{
	for (size_t i = 0; i < c->segments.n; i++)
		if (c->segments.v[i].type == PT_NOTE)
			read_segment(c, &c->segments.v[i]);
	finish_threads(c);
	if (c->d->proc.threads.n == 0 && !c->notes_cut)
		da_note(c->d->ledger, DA_NOTE_MISSING, "notes", NULL,
			"the dump holds no thread notes: no registers, no stacks");
}
