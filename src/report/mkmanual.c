/* SPDX-License-Identifier: Apache-2.0 */
/* Run by the build: prints dumpan-report.5, so that the page cannot differ from blocks.def. */
#include "config.h"

#include <stdio.h>

#include "report/report.h"

static bool to_stdout(void *ctx, const char *bytes, size_t n)
{
	return fwrite(bytes, 1, n, stdout) == n;
}

int main(void)
{
	return da_manual_write(to_stdout, NULL) == DA_OK && fflush(stdout) == 0 ? 0 : 1;
}
