// SPDX-License-Identifier: Apache-2.0
// Two families of 60 functions, each with an inlined call between it and the next; -DFAMILY=n.
#include "many.h"

namespace bench {

template <int Family, int Level> struct handler {
	static inline long weigh(const request &r)
	{
		long sum = Family * 31 + Level;
		for (long v : r.values)
			sum += v ^ Level;
		return sum;
	}

	static inline long forward(request &r, long extra)
	{
		r.values.push_back(extra);
		return handler<Family, Level - 1>::handle(r) + weigh(r);
	}

	[[gnu::noinline]] static long handle(request &r)
	{
		if (r.depth-- <= 0)
			return wait_here(r) + Level;
		return forward(r, Family + Level) + r.depth;
	}
};

template <int Family> struct handler<Family, 0> {
	[[gnu::noinline]] static long handle(request &r) { return wait_here(r) + Family; }
};

} // namespace bench

#define PASTE2(a, b) a##b
#define PASTE(a, b) PASTE2(a, b)
long PASTE(family_, FAMILY)(bench::request &r, int odd)
{
	return odd ? bench::handler<2 * FAMILY, 60>::handle(r) + 1 : bench::handler<2 * FAMILY + 1, 60>::handle(r) + 2;
}
