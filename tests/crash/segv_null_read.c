/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGSEGV rule=crash.access access=read near="null pointer . 0x18" function=go title=".ead through a null pointer in go" says="offset from null" */
struct node {
	char pad[0x18];
	long value;
};

__attribute__((noinline)) static long go(volatile struct node *n)
{
	return n->value + 1;
}

int main(void)
{
	struct node *volatile n = 0; /* not known to the compiler */

	return (int)go(n);
}
