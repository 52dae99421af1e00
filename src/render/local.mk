# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/format.c %D%/format.h \
	%D%/html.c %D%/html.h \
	%D%/html_blocks.c \
	%D%/html_graph.c \
	%D%/html_node.c \
	%D%/html_stacks.c \
	%D%/html_top.c \
	%D%/html_tree.c \
	%D%/json.c \
	%D%/markdown.c %D%/markdown.h \
	%D%/out.c %D%/out.h \
	%D%/render.c %D%/render.h \
	%D%/renderers.def \
	%D%/templates.h \
	%D%/text.c %D%/text.h \
	%D%/text_blocks.c \
	%D%/text_stacks.c \
	%D%/view.c %D%/view.h \
	%D%/view_frame.c \
	%D%/view_value.c \
	%D%/wrap.c %D%/wrap.h
