/* SPDX-License-Identifier: Apache-2.0 */
/* Functions with all kinds of epilogs: what they save, how large their frames are, how they leave. */
long long counter;

__attribute__((noinline)) int use(const void *p, int n)
{
	counter += (long long)p + n;
	return (int)counter;
}

/* What compilers of Windows call for large frames; nothing here runs. */
void __chkstk(void) {}
void ___chkstk_ms(void) {}
int _fltused;

#define KINDS(name, ...)                                                                            \
	int plain_##name(int n)                                                                     \
	{                                                                                           \
		__asm__ volatile("" ::: __VA_ARGS__);                                               \
		return use(&n, n) + 1;                                                              \
	}                                                                                           \
	int tail_##name(int n)                                                                      \
	{                                                                                           \
		__asm__ volatile("" ::: __VA_ARGS__);                                               \
		use((void *)&counter, n);                                                           \
		return use((void *)&counter, n + 1);                                                \
	}                                                                                           \
	int jump_##name(int (*to)(int), int n)                                                      \
	{                                                                                           \
		__asm__ volatile("" ::: __VA_ARGS__);                                               \
		if (use((void *)&counter, n) > 3)                                                   \
			return to(n);                                                               \
		return to(n + 1) + 1;                                                               \
	}                                                                                           \
	int large_##name(int n)                                                                     \
	{                                                                                           \
		char buffer[9000];                                                                  \
		__asm__ volatile("" ::: __VA_ARGS__);                                               \
		for (int i = 0; i < n; i++)                                                         \
			buffer[i] = (char)use(buffer, i);                                           \
		return use(buffer, n) + buffer[n];                                                  \
	}                                                                                           \
	int dynamic_##name(int n)                                                                   \
	{                                                                                           \
		char *p = __builtin_alloca((unsigned long long)n * 16);                             \
		__asm__ volatile("" ::: __VA_ARGS__);                                               \
		return use(p, n) + p[n];                                                            \
	}                                                                                           \
	int many_##name(int n)                                                                      \
	{                                                                                           \
		char small[100];                                                                    \
		__asm__ volatile("" ::: __VA_ARGS__);                                               \
		if (n == 1)                                                                         \
			return use(small, 1);                                                       \
		counter++;                                                                          \
		if (use(small, 2) == 7)                                                             \
			return small[3];                                                            \
		for (int i = 0; i < n; i++)                                                         \
			if (use(small, i) > 9)                                                      \
				return i;                                                           \
		return use((void *)&counter, 5);                                                    \
	}

KINDS(none, "memory")
KINDS(b, "rbx")
KINDS(si, "rsi")
KINDS(di, "rdi", "r12")
KINDS(bs, "rbx", "rsi", "rdi")
KINDS(r12, "r12")
KINDS(r13, "r13", "r14")
KINDS(r15, "r15", "rbx")
KINDS(high, "r12", "r13", "r14", "r15")
KINDS(all, "rbx", "rsi", "rdi", "r12", "r13", "r14", "r15")
KINDS(x, "xmm6", "xmm7", "rbx")
KINDS(xr, "xmm15", "r14", "rsi")
