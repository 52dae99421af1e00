/* SPDX-License-Identifier: Apache-2.0 */
/* One function a sub-command; each returns the exit code. The list is commands.def. */
#ifndef DA_APP_COMMAND_H
#define DA_APP_COMMAND_H

#include "app/options.h"
#include "app/output.h"

#define DA_COMMAND(id, name, operands, what, min, max) int da_command_##name(struct da_options *o);
#include "app/commands.def"
#undef DA_COMMAND

/* Map the text of a file, for `render` and `signature`; says what is wrong. */
bool da_read_report(struct da_options *o, const char *path, struct da_doc **ret, int *ret_exit);
/* Does a file look like a JSON report (and not like a dump)? */
bool da_is_report(const char *path);
/* Write form i of the chosen outputs. */
enum da_status da_render_output(struct da_options *o, const struct da_doc *doc, size_t i,
				struct da_output *out);
/* Print a finished text to -o or standard output; the exit code. */
int da_print_text(struct da_options *o, const char *text, size_t n);

#endif
