#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The colours of templates/report.css against WCAG 2.2 AA (4.5 : 1), in both themes: every colour that
# text has on every ground that it can stand on.
. "$(dirname "$0")/../lib.sh"
css=$top_srcdir/templates/report.css

pairs='ink:paper ink:wash ink:mark ink:own ink:other ink:error-wash ink:warning-wash ink:information-wash
ink:notification-wash ink:good-wash soft:paper soft:wash soft:mark soft:error-wash soft:warning-wash
soft:information-wash soft:notification-wash soft:good-wash link:paper link:wash link:mark link:error-wash
link:warning-wash link:information-wash link:notification-wash link:good-wash error:paper error:error-wash
warning:paper information:paper notification:paper good:paper'

# Of the ratio: linear light by the sRGB curve, weighted, (lighter + 0.05) / (darker + 0.05).
for theme in light dark; do
	bad=$(awk -v theme="$theme" -v pairs="$pairs" '
	function channel(hex) {
		hex = (index("0123456789abcdef", substr(hex, 1, 1)) - 1) * 16 + index("0123456789abcdef", substr(hex, 2, 1)) - 1
		hex /= 255
		return hex <= 0.03928 ? hex / 12.92 : ((hex + 0.055) / 1.055) ^ 2.4
	}
	function light(c) {
		if (length(c) == 3)
			c = substr(c, 1, 1) substr(c, 1, 1) substr(c, 2, 1) substr(c, 2, 1) substr(c, 3, 1) substr(c, 3, 1)
		return 0.2126 * channel(substr(c, 1, 2)) + 0.7152 * channel(substr(c, 3, 2)) + 0.0722 * channel(substr(c, 5, 2))
	}
	/prefers-color-scheme: dark/ { dark = 1 }
	/^\* / { exit }
	theme == "dark" || !dark {
		while (match($0, /--[a-z-]+: #[0-9a-f]+/)) {
			split(substr($0, RSTART + 2, RLENGTH - 2), part, ": #")
			color[part[1]] = part[2]
			$0 = substr($0, RSTART + RLENGTH)
		}
	}
	END {
		n = split(pairs, pair)
		for (i = 1; i <= n; i++) {
			split(pair[i], two, ":")
			a = light(color[two[1]])
			b = light(color[two[2]])
			ratio = a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05)
			if (!color[two[1]] || !color[two[2]] || ratio < 4.5)
				printf "%s %.2f\n", pair[i], ratio
		}
	}' "$css")
	t_is "$bad" "" "$theme: text can be read"
done

t_done
