/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cache drops its entries when it is full, and its owner frees the same entry again. glibc notices:
 * "free(): double free detected in tcache 2".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;
	long hits;
	char *key;
};

static struct entry *cache;

static struct entry *add(const char *key)
{
	struct entry *e = malloc(sizeof(*e));

	if (!e)
		exit(1);
	e->key = strdup(key);
	e->next = cache;
	cache = e;
	return e;
}

__attribute__((noinline)) static void entry_free(struct entry *e)
{
	free(e->key);
	e->key = NULL;
	free(e); /* the second time, glibc aborts here */
}

__attribute__((noinline)) static void cache_evict(void)
{
	struct entry *e = cache;

	cache = e->next;
	entry_free(e);
}

int main(void)
{
	struct entry *last = NULL;
	char key[16];

	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "page-%d", i);
		last = add(key);
	}
	cache_evict();
	entry_free(last); /* nobody told the owner */
	return 0;
}
