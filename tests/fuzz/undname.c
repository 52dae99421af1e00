/* SPDX-License-Identifier: Apache-2.0 */
/* A name as Microsoft's compiler decorates it, one an input. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "symbol/undname.h"

static const char *const seeds[] = {
	"?f@@YAXXZ", "??0?$Pair@HV?$Box@PEAUPlain@@@@@outer@@QEAA@AEBV01@@Z", "??_7C@@6BB@@@",
	"?go@?A0x12345678@@YAHP6AHH@ZPEAPEAH1@Z", "??$n@$0?BA@@@YAXPEAU?$Size@$0?BA@@@@Z",
	"??_R1A@?0A@EA@Base@@8", "?x@?1??f@@YAXXZ@4HA", "??__Eglobal@@YAXXZ", "??_C@_05CJBACGMB@hello?$AA@",
	"??0?$Peis@PEAU?$?1@_R@A@Z@@@V?@@QEEVA@ABMAZ", /* a type called as a destructor */
	"?m@C@@$4PPPPPPPM@A@EAAHXZ", "??BC@@QEBAPEAHXZ", "?p@@3P8C@@EBAHH@ZEQ1@", "??_9Base@@$BBA@AA",
};

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	if (i >= DA_ARRAY_SIZE(seeds))
		return NULL;
	*ret_n = strlen(seeds[i]);
	return (uint8_t *)strdup(seeds[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_arena *a = da_arena_new();

	da_undecorate(a, da_strndup(a, (const char *)p, n), n % 2 ? DA_UNDNAME_FULL : DA_UNDNAME_STACK);
	da_arena_free(a);
	return 0;
}
