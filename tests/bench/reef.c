/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of the Windows modules of bench-data/reef.dmp, built by mingw-w64 without a C library; -DMODULE=n.
 * A thousand functions that call each other through a table, with frames of several sizes and an inlined
 * call in each. tests/bench/diver.c maps the modules, runs their code and dumps the stacks.
 */
struct dive {
	unsigned depth;
	long (**next)(struct dive *);
	void (*stop)(struct dive *);
	unsigned long long pc, sp, fp;
};

#define PASTE4(a, b, c, d) a##b##c##d
#define PASTE(a, b, c, d) PASTE4(a, b, c, d)
#define EXPORT __declspec(dllexport) __attribute__((noinline))

static inline __attribute__((always_inline)) long sink(struct dive *d, const volatile long *weights, unsigned n)
{
	long sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += weights[i];
	if (d->depth == 0)
		d->stop(d);
	else
		sum += d->next[--d->depth](d);
	return sum;
}

#define LEVEL(n)                                                                 \
	EXPORT long PASTE(reef, MODULE, _level_, n)(struct dive * d)             \
	{                                                                        \
		volatile long weights[4 + (1##n * 7 + MODULE) % 29];             \
		long before = (long)d->depth;                                    \
                                                                                 \
		for (unsigned i = 0; i < sizeof(weights) / sizeof(*weights); i++) \
			weights[i] = (long)i ^ 1##n;                             \
		before += sink(d, weights, 1 + 1##n % 4);                        \
		return before + weights[2];                                      \
	}
#define TEN(n)                                                                                    \
	LEVEL(n##0) LEVEL(n##1) LEVEL(n##2) LEVEL(n##3) LEVEL(n##4) LEVEL(n##5) LEVEL(n##6) \
	LEVEL(n##7) LEVEL(n##8) LEVEL(n##9)
#define HUNDRED(n)                                                                          \
	TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) \
	TEN(n##8) TEN(n##9)

HUNDRED(0) HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4)
HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8) HUNDRED(9)
