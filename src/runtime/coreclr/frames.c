/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explicit frames: where a thread leaves managed code, the runtime links a record on its stack, from which the
 * managed caller's registers can be had without unwinding native code. The list begins in the Thread and
 * leads up the stack. The first word of a record says its kind: a number (10 and later), or its vtable.
 *
 * Source: dotnet/runtime docs/design/datacontracts/StackWalk.md; before 10 by the same structures, and the
 * helper frames of 9 and earlier by dumps whose stacks are known.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"

enum { CONTEXT_MAX = 0x4d0, CHAIN_MAX = 16, TURNS_MAX = 4 };

/* How a kind of frame keeps its caller. */
enum keeps { NOTHING, CALL_SITE, BLOCK, CONTEXT, CONTEXT_AT, HIJACKED, EVALUATION, HELPER };

static const uint8_t keeps[DA_CLR_FRAMES] = {
	[DA_CLR_FRAME_InlinedCallFrame] = CALL_SITE,
	[DA_CLR_FRAME_PInvokeCalliFrame] = BLOCK,
	[DA_CLR_FRAME_PrestubMethodFrame] = BLOCK,
	[DA_CLR_FRAME_CallCountingHelperFrame] = BLOCK,
	[DA_CLR_FRAME_StubDispatchFrame] = BLOCK,
	[DA_CLR_FRAME_ResolveHelperFrame] = BLOCK,
	[DA_CLR_FRAME_ExternalMethodFrame] = BLOCK,
	[DA_CLR_FRAME_DynamicHelperFrame] = BLOCK,
	[DA_CLR_FRAME_CLRToCOMMethodFrame] = BLOCK,
	[DA_CLR_FRAME_ComPlusMethodFrame] = BLOCK,
	[DA_CLR_FRAME_ComPrestubMethodFrame] = NOTHING, /* from native code into managed code */
	[DA_CLR_FRAME_MulticastFrame] = BLOCK,
	[DA_CLR_FRAME_SoftwareExceptionFrame] = CONTEXT,
	[DA_CLR_FRAME_FaultingExceptionFrame] = CONTEXT,
	[DA_CLR_FRAME_ResumableFrame] = CONTEXT_AT,
	[DA_CLR_FRAME_RedirectedThreadFrame] = CONTEXT_AT,
	[DA_CLR_FRAME_HijackFrame] = HIJACKED,
	[DA_CLR_FRAME_FuncEvalFrame] = EVALUATION,
	[DA_CLR_FRAME_HelperMethodFrame] = HELPER,
	[DA_CLR_FRAME_HelperMethodFrame_1OBJ] = HELPER,
	[DA_CLR_FRAME_HelperMethodFrame_2OBJ] = HELPER,
	[DA_CLR_FRAME_HelperMethodFrame_3OBJ] = HELPER,
	[DA_CLR_FRAME_HelperMethodFrame_PROTECTOBJ] = HELPER,
};

/* ---------------------------------------------------------------- registers */

/* Numbers of registers as the arch has them, DWARF's. */
struct saved {
	uint16_t field; /* enum da_clr_field */
	uint8_t reg;
};
enum { RBX = 3, RSI = 4, RDI = 5, RBP = 6, FP = 29, LR = 30 };

#define SAVED(t, f, r) { DA_CLR_##t##_##f, r }
#define SAVED_ARM64(t)                                                                            \
	SAVED(t, X19, 19), SAVED(t, X20, 20), SAVED(t, X21, 21), SAVED(t, X22, 22),               \
	SAVED(t, X23, 23), SAVED(t, X24, 24), SAVED(t, X25, 25), SAVED(t, X26, 26),               \
	SAVED(t, X27, 27), SAVED(t, X28, 28), SAVED(t, Fp, FP)

static const struct saved callee_saved_x64[] = {
	SAVED(CalleeSavedRegisters, Rbx, RBX), SAVED(CalleeSavedRegisters, Rsi, RSI),
	SAVED(CalleeSavedRegisters, Rdi, RDI), SAVED(CalleeSavedRegisters, Rbp, RBP),
	SAVED(CalleeSavedRegisters, R12, 12), SAVED(CalleeSavedRegisters, R13, 13),
	SAVED(CalleeSavedRegisters, R14, 14), SAVED(CalleeSavedRegisters, R15, 15),
};
static const struct saved callee_saved_arm64[] = { SAVED_ARM64(CalleeSavedRegisters) };
static const struct saved hijack_arm64[] = { SAVED_ARM64(HijackArgs) };
static const struct saved helper_x64[] = {
	SAVED(HelperMethodFrame, Rbx, RBX), SAVED(HelperMethodFrame, Rsi, RSI),
	SAVED(HelperMethodFrame, Rdi, RDI), SAVED(HelperMethodFrame, Rbp, RBP),
	SAVED(HelperMethodFrame, R12, 12), SAVED(HelperMethodFrame, R13, 13),
	SAVED(HelperMethodFrame, R14, 14), SAVED(HelperMethodFrame, R15, 15),
};

struct reading {
	struct da_clr *c;
	uint64_t frame;
	struct da_guide_caller *caller;
};

static struct da_regs *regs(struct reading *r)
{
	return &r->caller->regs;
}

static void set_pc_sp(struct reading *r, uint64_t pc, uint64_t sp)
{
	const struct da_arch *arch = r->c->dump->proc.arch;

	da_reg_set(regs(r), arch->pc, arch->strip(pc, 0));
	da_reg_set(regs(r), arch->sp, sp);
}

/* Those that this system saves, of a structure at `at`. */
static enum da_status load(struct reading *r, uint64_t at, const struct saved *s, size_t n)
{
	uint64_t v;

	for (size_t i = 0; i < n; i++) {
		enum da_status st = da_clr_read(r->c, at, (enum da_clr_field)s[i].field, 8, &v);

		if (st == DA_FAULT)
			return st;
		if (st == DA_OK)
			da_reg_set(regs(r), s[i].reg, v);
	}
	return DA_OK;
}

static enum da_status load_callee_saved(struct reading *r, uint64_t at)
{
	if (r->c->arm64)
		return load(r, at, callee_saved_arm64, DA_ARRAY_SIZE(callee_saved_arm64));
	return load(r, at, callee_saved_x64, DA_ARRAY_SIZE(callee_saved_x64));
}

/* ---------------------------------------------------------------- kinds of frames */

static enum da_status call_site(struct reading *r)
{
	struct da_clr *c = r->c;
	uint64_t pc, sp, fp;

	if (DA_CLR_PTR(c, r->frame, InlinedCallFrame, CallerReturnAddress, &pc) != DA_OK ||
	    DA_CLR_PTR(c, r->frame, InlinedCallFrame, CallSiteSP, &sp) != DA_OK ||
	    DA_CLR_PTR(c, r->frame, InlinedCallFrame, CalleeSavedFP, &fp) != DA_OK)
		return DA_FAULT;
	if (!pc) /* no call is under way */
		return DA_NOT_FOUND;
	set_pc_sp(r, pc, sp);
	da_reg_set(regs(r), c->dump->proc.arch->fp, fp);
	return DA_OK;
}

static enum da_status block(struct reading *r)
{
	struct da_clr *c = r->c;
	uint64_t at, pc;
	int32_t size = DA_CLR_SIZE(c, TransitionBlock);

	if (size <= 0 || !DA_CLR_HAS(c, TransitionBlock, CalleeSavedRegisters))
		return DA_UNSUPPORTED;
	if (DA_CLR_PTR(c, r->frame, FramedMethodFrame, TransitionBlockPtr, &at) != DA_OK ||
	    DA_CLR_PTR(c, at, TransitionBlock, ReturnAddress, &pc) != DA_OK)
		return DA_FAULT;
	set_pc_sp(r, pc, at + (uint64_t)size);
	return load_callee_saved(r, at + (uint64_t)DA_CLR_OFF(c, TransitionBlock, CalleeSavedRegisters));
}

/* The runtime uses Windows' CONTEXT on every system. */
static enum da_status context(struct reading *r, uint64_t at)
{
	uint8_t bytes[CONTEXT_MAX];
	const struct da_arch *arch = r->c->dump->proc.arch;
	size_t n = da_mem_read_some(r->c->mem, at, bytes, sizeof(bytes));

	return da_arch_read_context(arch, (struct da_bytes){ bytes, n }, regs(r));
}

static enum da_status embedded(struct reading *r, bool fault)
{
	struct da_clr *c = r->c;
	int32_t off = fault ? DA_CLR_OFF(c, FaultingExceptionFrame, TargetContext) :
			      DA_CLR_OFF(c, SoftwareExceptionFrame, TargetContext);

	if (off == DA_CLR_UNKNOWN)
		return DA_UNSUPPORTED;
	r->caller->exact_pc = fault; /* a throw is a call */
	return context(r, r->frame + (uint64_t)off);
}

static enum da_status pointed_to(struct reading *r)
{
	uint64_t at;
	enum da_status st = DA_CLR_PTR(r->c, r->frame, ResumableFrame, TargetContextPtr, &at);

	r->caller->exact_pc = true;
	return st == DA_OK ? context(r, at) : st;
}

/* The return address of a method was replaced to stop the thread there. */
static enum da_status hijacked(struct reading *r)
{
	struct da_clr *c = r->c;
	int32_t size = DA_CLR_SIZE(c, HijackArgs);
	uint64_t args, pc, sp;

	if (DA_CLR_PTR(c, r->frame, HijackFrame, ReturnAddress, &pc) != DA_OK ||
	    DA_CLR_PTR(c, r->frame, HijackFrame, HijackArgsPtr, &args) != DA_OK)
		return DA_FAULT;
	if (DA_CLR_HAS(c, HijackArgs, Rsp)) { /* Windows */
		if (DA_CLR_PTR(c, args, HijackArgs, Rsp, &sp) != DA_OK)
			return DA_FAULT;
	} else if (size > 0) {
		sp = args + da_round_up((uint64_t)size, c->arm64 ? 16 : 8);
	} else {
		return DA_UNSUPPORTED;
	}
	set_pc_sp(r, pc, sp);
	if (c->arm64)
		return load(r, args, hijack_arm64, DA_ARRAY_SIZE(hijack_arm64));
	if (!DA_CLR_HAS(c, HijackArgs, CalleeSavedRegisters))
		return DA_UNSUPPORTED;
	return load_callee_saved(r, args + (uint64_t)DA_CLR_OFF(c, HijackArgs, CalleeSavedRegisters));
}

/* A debugger lets the thread compute something, from where it stood. */
static enum da_status evaluation(struct reading *r)
{
	struct da_clr *c = r->c;
	uint64_t eval, flag;
	bool stood = false;

	if (!DA_CLR_HAS(c, DebuggerEval, TargetContext))
		return DA_UNSUPPORTED;
	if (DA_CLR_PTR(c, r->frame, FuncEvalFrame, DebuggerEvalPtr, &eval) != DA_OK)
		return DA_FAULT;
	if (DA_CLR_HAS(c, DebuggerEval, EvalUsesHijack))
		stood = DA_CLR_U8(c, eval, DebuggerEval, EvalUsesHijack, &flag) == DA_OK && flag;
	else
		stood = DA_CLR_U8(c, eval, DebuggerEval, EvalDuringException, &flag) == DA_OK && !flag;
	if (!stood)
		return DA_NOT_FOUND;
	r->caller->exact_pc = true;
	return context(r, eval + (uint64_t)DA_CLR_OFF(c, DebuggerEval, TargetContext));
}

static bool is_managed(struct da_clr *c, uint64_t pc)
{
	struct da_clr_code code;
	enum da_status st = da_clr_code_at(c, pc - 1, &code);

	return st == DA_OK ? !code.stub : st == DA_FAULT;
}

/*
 * To 9, native functions that managed code calls directly keep their registers in the middle. On Unix they all
 * have frame pointers, so the chain leads out; on Windows their own unwind data does.
 */
static enum da_status helper_chain(struct reading *r, uint64_t fp)
{
	struct da_clr *c = r->c;
	const struct da_arch *arch = c->dump->proc.arch;
	uint64_t pc, next;

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		if (da_mem_word(c->mem, fp, &next) != DA_OK || da_mem_word(c->mem, fp + 8, &pc) != DA_OK)
			return DA_FAULT;
		pc = arch->strip(pc, 0);
		if (is_managed(c, pc)) {
			set_pc_sp(r, pc, fp + 16);
			da_reg_set(regs(r), arch->fp, next);
			r->caller->sp_guess = c->arm64; /* a frame record is not the end of a frame there */
			return DA_OK;
		}
		if (next <= fp)
			return DA_CORRUPT;
		fp = next;
	}
	return DA_NOT_FOUND;
}

static enum da_status helper(struct reading *r)
{
	struct da_clr *c = r->c;
	uint64_t pc, sp, fp;
	enum da_status st;

	if (!c->windows) {
		st = c->arm64 ? DA_CLR_PTR(c, r->frame, HelperMethodFrame, Fp, &fp) :
				DA_CLR_PTR(c, r->frame, HelperMethodFrame, Rbp, &fp);
		return st == DA_OK ? helper_chain(r, fp) : st;
	}
	if (DA_CLR_PTR(c, r->frame, HelperMethodFrame, Rip, &pc) != DA_OK ||
	    DA_CLR_PTR(c, r->frame, HelperMethodFrame, Rsp, &sp) != DA_OK)
		return DA_FAULT;
	set_pc_sp(r, pc, sp + 8);
	return load(r, r->frame, helper_x64, DA_ARRAY_SIZE(helper_x64));
}

static enum da_status read_caller(struct reading *r, unsigned kind)
{
	switch ((enum keeps)keeps[kind]) {
	case NOTHING:
		return DA_NOT_FOUND;
	case CALL_SITE:
		return call_site(r);
	case BLOCK:
		return block(r);
	case CONTEXT:
		return embedded(r, kind == DA_CLR_FRAME_FaultingExceptionFrame);
	case CONTEXT_AT:
		return pointed_to(r);
	case HIJACKED:
		return hijacked(r);
	case EVALUATION:
		return evaluation(r);
	case HELPER:
		return helper(r);
	}
	return DA_NOT_FOUND;
}

/* ---------------------------------------------------------------- the list */

struct record {
	uint64_t address;
	unsigned kind;
};

/* Those of one thread: its walk asks many times. */
struct da_clr_frames {
	uint32_t tid;
	size_t passed;   /* so many lie below the sp that was asked for last */
	uint64_t sp;
	DA_VEC(struct record) v;
};

/*
 * The list grows up the stack. A handler of a stack overflow has a stack of its own, so it may go down where
 * another mapping begins, a few times.
 */
static uint64_t next_frame(const struct da_clr *c, uint64_t frame, unsigned *turns)
{
	uint64_t next;

	if (DA_CLR_PTR(c, frame, Frame, Next, &next) != DA_OK || next % 8 || next == UINT64_MAX)
		return 0;
	if (next > frame)
		return next;
	return (*turns)++ < TURNS_MAX && da_mem_range(c->mem, next) != da_mem_range(c->mem, frame) ? next : 0;
}

static struct da_clr_frames *frames_of(struct da_clr *c, uint32_t tid)
{
	const struct da_clr_thread *thread = da_clr_thread_of(c, tid);
	struct da_clr_frames *f = c->frames;
	uint64_t frame = thread && thread->frame % 8 == 0 ? thread->frame : 0;
	unsigned turns = 0;

	if (!f)
		f = c->frames = da_new(c->arena, struct da_clr_frames);
	else if (f->tid == tid)
		return f;
	f->v.n = f->passed = 0;
	f->sp = 0;
	f->tid = tid;
	for (uint64_t n = 0; frame && n < c->dump->limits->runtime_frames; n++, frame = next_frame(c, frame, &turns)) {
		struct record r = { frame, da_clr_frame_kind(c, frame) };

		da_vec_push(c->arena, &f->v, r);
	}
	return f;
}

/* Records below sp are over: from which one on they count. */
static size_t first_above(struct da_clr_frames *f, uint64_t sp)
{
	if (sp < f->sp)
		f->passed = 0;
	f->sp = sp;
	while (f->passed < f->v.n && f->v.v[f->passed].address < sp)
		f->passed++;
	return f->passed;
}

/*
 * Is it a caller of the code at hand? It stands further up, or the record lies where a handler has a stack of
 * its own; and it is managed code: native code of Windows only in a helper's middle, from where its unwind data
 * leads on.
 */
static bool is_caller(struct da_clr *c, const struct record *r, const struct da_regs *at,
		      const struct da_guide_caller *caller)
{
	const struct da_arch *arch = c->dump->proc.arch;
	uint64_t sp = caller->regs.v[arch->sp], pc = caller->regs.v[arch->pc], own = at->v[arch->sp];

	if (sp < own && (!caller->exact_pc || da_mem_range(c->mem, sp) == da_mem_range(c->mem, r->address)))
		return false;
	if (sp == own && (arch->lr == DA_REG_NONE || is_managed(c, at->v[arch->pc])))
		return false;
	return is_managed(c, pc + caller->exact_pc) || (c->windows && keeps[r->kind] == HELPER && pc >= c->base && pc < c->end);
}

/*
 * The record of a hijacked return lies with the function that was called to wait; the registers that it leads to
 * were pushed by the helper further out. At the helper's frame the record is below, what it saved is not.
 */
static bool pushed_above(struct da_clr *c, const struct record *record, uint64_t sp)
{
	uint64_t args;

	return keeps[record->kind] == HIJACKED &&
	       DA_CLR_PTR(c, record->address, HijackFrame, HijackArgsPtr, &args) == DA_OK && args >= sp;
}

enum da_status da_clr_transition(void *state, const struct da_thread *t, const struct da_regs *at,
				 struct da_guide_caller *ret)
{
	struct da_clr *c = state;
	struct da_clr_frames *f = frames_of(c, t->tid);
	uint64_t sp = at->v[c->dump->proc.arch->sp];
	size_t first = first_above(f, sp);

	if (first > 0 && pushed_above(c, &f->v.v[first - 1], sp))
		first--;
	for (size_t i = first; i < f->v.n; i++) {
		const struct record *record = &f->v.v[i];
		struct da_guide_caller caller = { .sp_guess = false };
		struct reading r = { c, record->address, &caller };

		if ((record->address < sp && i > first) || read_caller(&r, record->kind) != DA_OK ||
		    !is_caller(c, record, at, &caller))
			continue;
		*ret = caller;
		return DA_OK;
	}
	return DA_NOT_FOUND;
}

/* Of records of the same instruction the nearest: its stack pointer is that of *at, or above, or elsewhere. */
enum da_status da_clr_interrupted(void *state, const struct da_thread *t, const struct da_regs *at,
				  struct da_guide_caller *ret)
{
	struct da_clr *c = state;
	const struct da_arch *arch = c->dump->proc.arch;
	const struct da_clr_frames *f = frames_of(c, t->tid);
	uint64_t own = at->v[arch->sp], best = UINT64_MAX;

	for (size_t i = 0; i < f->v.n; i++) {
		struct da_guide_caller caller = { .sp_guess = false };
		struct reading r = { c, f->v.v[i].address, &caller };
		uint64_t sp;

		if (keeps[f->v.v[i].kind] != CONTEXT && keeps[f->v.v[i].kind] != CONTEXT_AT)
			continue;
		if (read_caller(&r, f->v.v[i].kind) != DA_OK || !caller.exact_pc || caller.regs.v[arch->pc] != at->v[arch->pc])
			continue;
		sp = caller.regs.v[arch->sp];
		if (sp < own && da_mem_range(c->mem, sp) == da_mem_range(c->mem, own))
			continue;
		if (sp - own < best) {
			best = sp - own;
			*ret = caller;
		}
	}
	return best != UINT64_MAX ? DA_OK : DA_NOT_FOUND;
}
