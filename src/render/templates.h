/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of templates/, embedded at build time: not terminated, `_size` bytes.
 *
 * page.html is the frame; it holds the slots {{title}}, {{style}}, {{style-hash}}, {{script}},
 * {{script-hash}} and {{body}}, each once. No data of a dump ever stands in style or script.
 */
#ifndef DA_RENDER_TEMPLATES_H
#define DA_RENDER_TEMPLATES_H

#include <stddef.h>

extern const unsigned char da_template_page_html[];
extern const size_t da_template_page_html_size;
extern const unsigned char da_template_report_css[];
extern const size_t da_template_report_css_size;
extern const unsigned char da_template_report_js[];
extern const size_t da_template_report_js_size;

#endif
