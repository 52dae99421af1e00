// SPDX-License-Identifier: Apache-2.0
#ifndef DA_BENCH_MANY_H
#define DA_BENCH_MANY_H

#include <string>
#include <vector>

namespace bench {

struct request {
	std::string path;
	std::vector<long> values;
	int depth;
};

long wait_here(request &r);

} // namespace bench

#define FAMILIES(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) \
	X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24)
#define DECLARE(n) long family_##n(bench::request &r, int odd);
FAMILIES(DECLARE)

#endif
