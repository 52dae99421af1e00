/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the codes of Linux's signals (include/uapi/asm-generic/siginfo.h and siginfo.h of the CPUs). */
#include "config.h"

#include "fault/parts.h"

static const struct {
	int16_t signo; /* 0: of any signal */
	int16_t code;
	const char *name;
} codes[] = {
	{ 0, 0, "SI_USER" },      { 0, 0x80, "SI_KERNEL" }, { 0, -1, "SI_QUEUE" },
	{ 0, -2, "SI_TIMER" },    { 0, -3, "SI_MESGQ" },    { 0, -4, "SI_ASYNCIO" },
	{ 0, -5, "SI_SIGIO" },    { 0, -6, "SI_TKILL" },    { 0, -7, "SI_DETHREAD" },
	{ 0, -60, "SI_ASYNCNL" },
	{ DA_SIGILL, 1, "ILL_ILLOPC" }, { DA_SIGILL, 2, "ILL_ILLOPN" }, { DA_SIGILL, 3, "ILL_ILLADR" },
	{ DA_SIGILL, 4, "ILL_ILLTRP" }, { DA_SIGILL, 5, "ILL_PRVOPC" }, { DA_SIGILL, 6, "ILL_PRVREG" },
	{ DA_SIGILL, 7, "ILL_COPROC" }, { DA_SIGILL, 8, "ILL_BADSTK" }, { DA_SIGILL, 9, "ILL_BADIADDR" },
	{ DA_SIGFPE, 1, "FPE_INTDIV" }, { DA_SIGFPE, 2, "FPE_INTOVF" }, { DA_SIGFPE, 3, "FPE_FLTDIV" },
	{ DA_SIGFPE, 4, "FPE_FLTOVF" }, { DA_SIGFPE, 5, "FPE_FLTUND" }, { DA_SIGFPE, 6, "FPE_FLTRES" },
	{ DA_SIGFPE, 7, "FPE_FLTINV" }, { DA_SIGFPE, 8, "FPE_FLTSUB" }, { DA_SIGFPE, 14, "FPE_FLTUNK" },
	{ DA_SIGFPE, 15, "FPE_CONDTRAP" },
	{ DA_SIGSEGV, 1, "SEGV_MAPERR" },  { DA_SIGSEGV, 2, "SEGV_ACCERR" },
	{ DA_SIGSEGV, 3, "SEGV_BNDERR" },  { DA_SIGSEGV, 4, "SEGV_PKUERR" },
	{ DA_SIGSEGV, 5, "SEGV_ACCADI" },  { DA_SIGSEGV, 6, "SEGV_ADIDERR" },
	{ DA_SIGSEGV, 7, "SEGV_ADIPERR" }, { DA_SIGSEGV, 8, "SEGV_MTEAERR" },
	{ DA_SIGSEGV, 9, "SEGV_MTESERR" }, { DA_SIGSEGV, 10, "SEGV_CPERR" },
	{ DA_SIGBUS, 1, "BUS_ADRALN" }, { DA_SIGBUS, 2, "BUS_ADRERR" }, { DA_SIGBUS, 3, "BUS_OBJERR" },
	{ DA_SIGBUS, 4, "BUS_MCEERR_AR" }, { DA_SIGBUS, 5, "BUS_MCEERR_AO" },
	{ DA_SIGTRAP, 1, "TRAP_BRKPT" }, { DA_SIGTRAP, 2, "TRAP_TRACE" }, { DA_SIGTRAP, 3, "TRAP_BRANCH" },
	{ DA_SIGTRAP, 4, "TRAP_HWBKPT" }, { DA_SIGTRAP, 5, "TRAP_UNK" }, { DA_SIGTRAP, 6, "TRAP_PERF" },
	{ DA_SIGSYS, 1, "SYS_SECCOMP" }, { DA_SIGSYS, 2, "SYS_USER_DISPATCH" },
};

const char *da_signal_code_name(int64_t signo, int32_t code)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(codes); i++)
		if (codes[i].code == code && (codes[i].signo == 0 || codes[i].signo == signo))
			return codes[i].name;
	return NULL;
}
