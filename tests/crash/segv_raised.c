/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing was accessed: no address, no access may be claimed. WANT name=SIGSEGV near=- access=- */
#include <signal.h>

int main(void)
{
	raise(SIGSEGV);
	return 0;
}
