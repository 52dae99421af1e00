// SPDX-License-Identifier: Apache-2.0
// A process for benches: threads of a given depth through distinct functions of 25 files, with inlined
// calls in them, and a heap of a given size that is really written. It ends by abort() when all have
// arrived.
//
//	many THREADS DEPTH MEGABYTES
#include "many.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <unistd.h>

namespace bench {

static std::atomic<int> arrived;

[[gnu::noinline]] long wait_here(request &r)
{
	arrived++;
	for (;;)
		pause();
	return r.depth;
}

static void serve(int i, int depth)
{
	static long (*const all[])(request &, int) = {
#define ENTRY(n) family_##n,
		FAMILIES(ENTRY)
	};
	request r{ "/orders/" + std::to_string(i), {}, depth };

	all[i / 2 % (sizeof(all) / sizeof(all[0]))](r, i % 2);
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
		std::thread(bench::serve, i, depth).detach();
	while (bench::arrived < threads)
		usleep(1000);
	usleep(100000);
	std::abort();
}
