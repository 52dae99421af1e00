#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over every shell script.
. "$(dirname "$0")/../lib.sh"
cd "$top_srcdir" || exit 99
t_need shellcheck

for file in bootstrap .ci/run samples/make.sh findings/*.sh tests/*.sh tests/*/*.sh templates/*.sh; do
	[ -f "$file" ] || continue
	# SC1091, SC2034, SC2154: lib.sh is found at run time. SC2086: lists of words. SC2317: functions called by trap.
	t_ok "$file" shellcheck -S warning -e SC1091,SC2038,SC2010,SC2034,SC2086,SC2154,SC2317 "$file" || t_say "$(head -n 20 "$T_OUT")"
done
t_done
