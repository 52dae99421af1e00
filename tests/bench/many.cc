// SPDX-License-Identifier: Apache-2.0
// A process for benches: threads of a given depth through distinct functions with inlined calls in
// them, and a heap of a given size that is really written. It ends by abort() when all have arrived.
//
//	many THREADS DEPTH MEGABYTES
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace bench {

std::atomic<int> arrived;

struct request {
	std::string path;
	std::vector<long> values;
	int depth;
};

[[gnu::noinline]] long wait_here(request &r)
{
	arrived++;
	for (;;)
		pause();
	return r.depth;
}

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

using entry = long (*)(request &);

template <int... Families> entry pick(int i, std::integer_sequence<int, Families...>)
{
	static const entry all[] = { handler<Families, 60>::handle... };
	return all[i % sizeof...(Families)];
}

} // namespace bench

int main(int argc, char **argv)
{
	int threads = argc > 1 ? std::atoi(argv[1]) : 200, depth = argc > 2 ? std::atoi(argv[2]) : 28;
	size_t bytes = (argc > 3 ? std::atoi(argv[3]) : 1024) * (size_t{1} << 20);
	auto heap = std::make_unique<char[]>(bytes + 1);

	for (size_t i = 0; i < bytes; i += 64) // something in each line of the cache
		std::memcpy(&heap[i], &i, sizeof(i));
	for (int i = 0; i < threads; i++)
		std::thread([i, depth] {
			bench::request r{ "/orders/" + std::to_string(i), {}, depth };
			bench::pick(i, std::make_integer_sequence<int, 50>())(r);
		}).detach();
	while (bench::arrived < threads)
		usleep(1000);
	usleep(100000);
	std::abort();
}
