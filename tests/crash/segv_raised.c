/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing was accessed: no address, no access may be claimed. WANT name=SIGSEGV near=- access=- rule=crash.raised title="process sent itself SIGSEGV" unsaid="on purpose" */
#include <signal.h>

int main(void)
{
	raise(SIGSEGV);
	return 0;
}
