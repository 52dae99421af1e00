#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Memory comes from base; printing, exiting, the environment and the clock belong to app.
. "$(dirname "$0")/../lib.sh"
cd "$top_srcdir" || exit 99
[ -d src ] || t_skip_all "no sources here"

# Sources without comments and strings, as FILE:LINE:text.
find src -name '*.[ch]' | sort | xargs awk '
FNR == 1 { inside = 0 }
{
	s = $0
	gsub(/\\"/, "", s)
	gsub(/"[^"]*"/, "\"\"", s)
	while (1) {
		if (inside) {
			i = index(s, "*/")
			if (!i) { s = ""; break }
			s = substr(s, i + 2)
			inside = 0
		}
		i = index(s, "/*")
		if (!i) break
		rest = substr(s, i + 2)
		j = index(rest, "*/")
		if (!j) { s = substr(s, 1, i - 1); inside = 1; break }
		s = substr(s, 1, i - 1) " " substr(rest, j + 2)
	}
	if (s != "") print FILENAME ":" FNR ":" s
}' >"$T/code"

# Without the rooms that do not count.
code() {
	out=$(printf '^src/%s/\n' "${@:-none}")
	grep -v -e "$out" "$T/code"
}

calls() { # pattern rooms…
	pattern="(^|[^A-Za-z0-9_.>])($1)\\("
	shift
	code "$@" | grep -E "$pattern" | head -n 20
}

t_is "$(calls 'malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|vasprintf' base)" "" \
	"only base takes memory"
t_is "$(calls 'printf|puts|putchar|perror|fprintf|fputs|fputc|putc|vprintf|vfprintf|err|errx|warn|warnx' app)" "" \
	"only app prints"
t_is "$(calls 'exit|_exit|_Exit|quick_exit' app)" "" "only app ends the process"
t_is "$(calls 'abort' app base)" "" "only base gives up, when memory is out"
t_is "$(calls 'getenv|secure_getenv|setenv|putenv|unsetenv' app)" "" "only app reads the environment"
t_is "$(calls 'time|gettimeofday|clock_gettime|clock|localtime|localtime_r|gmtime' app)" "" \
	"only app reads the clock"
t_is "$(calls 'strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca')" "" "no calls that know no bounds"
t_is "$(calls 'system|popen|execlp|execvp|execl|execv')" "" "no other programs are run"

t_done
