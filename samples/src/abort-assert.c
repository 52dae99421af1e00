/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger moves money between accounts and checks that none goes below zero. One does. */
#include <assert.h>
#include <stdlib.h>

struct account {
	int id;
	long balance;
};

__attribute__((noinline)) static void post(struct account *a, long amount)
{
	a->balance += amount;
	assert(a->balance >= 0 && "an account must not go below zero");
}

__attribute__((noinline)) static void transfer(struct account *from, struct account *to, long amount)
{
	post(to, amount);
	post(from, -amount);
}

__attribute__((noinline)) static void run_batch(struct account *accounts, int n)
{
	for (int i = 0; i + 1 < n; i++)
		transfer(&accounts[i], &accounts[i + 1], 40 << i);
}

int main(void)
{
	struct account *accounts = calloc(6, sizeof(*accounts));

	if (!accounts)
		return 1;
	for (int i = 0; i < 6; i++)
		accounts[i] = (struct account){ i, 50 };
	run_batch(accounts, 6);
	free(accounts);
	return 0;
}
