/* SPDX-License-Identifier: Apache-2.0 */
/* operator() alone says nothing. WANT name=SIGSEGV rule=crash.access function="lambda.*::operator" */
#include <algorithm>
#include <vector>

int main(int argc, char **)
{
	std::vector<int> a{1, 2, 3};
	int *volatile nowhere = argc > 5 ? &argc : nullptr;

	std::for_each(a.begin(), a.end(), [&](int &n) { n += *nowhere; });
	return a[0];
}
