# SPDX-License-Identifier: Apache-2.0
# What a designer may edit; embedded into the program by embed.sh.
da_templates = $(srcdir)/%D%/page.html $(srcdir)/%D%/report.css $(srcdir)/%D%/report.js
nodist_libdumpan_a_SOURCES += %D%/templates.c
CLEANFILES += %D%/templates.c
EXTRA_DIST += %D%/embed.sh %D%/page.html %D%/report.css %D%/report.js

%D%/templates.c: $(da_templates) $(srcdir)/%D%/embed.sh
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(SHELL) $(srcdir)/%D%/embed.sh $(da_templates) > $@-t && mv -f $@-t $@
