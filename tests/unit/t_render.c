/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <libxml/HTMLparser.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "html/sample.h"
#include "render/format.h"
#include "render/render.h"
#include "base/sha256.h"
#include "render/wrap.h"
#include "unit/unit.h"

static const char *const samples[] = { "crash", "hostile", "large", "parts", "empty" };

static bool to_str(void *ctx, const char *bytes, size_t n)
{
	da_str_addn(ctx, bytes, n);
	return true;
}

/* A sample document in a form; freed with the arena. */
static const char *drawn(struct da_arena *a, const char *sample, const char *form,
			 const struct da_render_options *o)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_doc *d = sample_by_name(a, sample);
	const char *mistake = "";

	ck_assert_msg(!da_doc_mistakes(d, &mistake), "%s: %s", sample, mistake);
	ck_assert_int_eq(da_render(da_renderer_find(form), d, o, to_str, &s), DA_OK);
	ck_assert(da_utf8_valid(da_str_get(&s), s.n));
	return da_strdup(a, da_str_get(&s));
}

/* ---------------------------------------------------------------- parts */

static const char *formatted(void (*fn)(struct da_str *, uint64_t), uint64_t v)
{
	static struct da_str s;

	da_str_clear(&s);
	fn(&s, v);
	return da_str_get(&s);
}

START_TEST(values_for_people)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	ck_assert_str_eq(formatted(da_text_size, 0), "0 bytes");
	ck_assert_str_eq(formatted(da_text_size, 1), "1 byte");
	ck_assert_str_eq(formatted(da_text_size, 1023), "1023 bytes");
	ck_assert_str_eq(formatted(da_text_size, 1024), "1.0 KiB");
	ck_assert_str_eq(formatted(da_text_size, 157286400), "150.0 MiB");
	ck_assert_str_eq(formatted(da_text_size, 1048575), "1.0 MiB");
	ck_assert_str_eq(formatted(da_text_size, UINT64_MAX), "16.0 EiB");
	ck_assert_str_eq(formatted(da_format_duration, 412), "412 µs");
	ck_assert_str_eq(formatted(da_format_duration, 12040000), "12.04 s");
	ck_assert_str_eq(formatted(da_format_duration, 200000000), "3 min 20 s");
	ck_assert_str_eq(formatted(da_format_duration, 7500000000), "2 h 5 min");
	ck_assert_str_eq(formatted(da_format_duration, 273600000000), "3 d 4 h");
	da_format_count(&s, 10412, " ");
	da_str_addc(&s, '|');
	da_format_count(&s, 999, " ");
	da_str_addc(&s, '|');
	da_format_count(&s, 1234567, "'");
	ck_assert_str_eq(s.s, "10 412|999|1'234'567");
	da_str_clear(&s);
	da_format_percent(&s, 0);
	da_format_percent(&s, 0.3);
	da_format_percent(&s, 31.7);
	da_format_percent(&s, 1e300);
	ck_assert_str_eq(s.s, "0 %<1 %32 %>1000000 %");
}
END_TEST

START_TEST(lines_by_width)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_wrap(&s, "one two three four five", "* ", 2, 20);
	ck_assert_str_eq(s.s, "* one two three four\n  five\n");
	da_str_clear(&s);
	da_wrap(&s, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b", "", 2, 20);
	ck_assert_str_eq(s.s, "aaaaaaaaaaaaaaaaaaaa\n  aaaaaaaaaa b\n");
	da_str_clear(&s);
	da_wrap(&s, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
		    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", "", 0, 16);
	ck_assert_str_eq(s.s, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
			      "\xe6\xbc\xa2\xe5\xad\x97\n\xe6\xbc\xa2\n");
	da_str_clear(&s);
	da_pad(&s, "abcdef", 4);
	da_pad_left(&s, "x", 3);
	da_pad(&s, "y", 2);
	ck_assert_str_eq(s.s, "abc…  xy ");
}
END_TEST

START_TEST(forms_by_name)
{
	ck_assert_str_eq(da_renderers[0]->name, "html");
	for (size_t i = 0; i < da_renderers_n; i++) {
		ck_assert_ptr_eq(da_renderer_find(da_renderers[i]->name), da_renderers[i]);
		ck_assert(*da_renderers[i]->title && *da_renderers[i]->extension);
	}
	ck_assert_ptr_null(da_renderer_find("pdf"));
}
END_TEST

/* ---------------------------------------------------------------- the page */

static xmlDocPtr parsed(const char *page)
{
	xmlDocPtr doc = htmlReadMemory(page, (int)strlen(page), NULL, "utf-8",
				       HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING);

	ck_assert_ptr_nonnull(doc);
	return doc;
}

static unsigned count(xmlNodePtr node, const char *name)
{
	unsigned n = 0;

	for (; node; node = node->next) {
		n += node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name);
		n += count(node->children, name);
	}
	return n;
}

struct seen {
	struct da_arena *a;
	struct da_strings ids, links;
	unsigned duplicates;
};

/* Ids and links of a tree; no attribute may hold more than the page writes itself. */
static void look(struct seen *s, xmlNodePtr node)
{
	for (; node; node = node->next) {
		xmlAttrPtr attr = node->type == XML_ELEMENT_NODE ? node->properties : NULL;

		for (; attr; attr = attr->next) {
			const char *name = (const char *)attr->name;
			const char *value = attr->children ? (const char *)attr->children->content : "";
			size_t had = s->ids.n;

			ck_assert_msg(strncmp(name, "on", 2) != 0, "%s=%s", name, value);
			if (strcmp((const char *)node->name, "meta") != 0)
				ck_assert_msg(strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
							    "uvwxyz0123456789 #._-") == strlen(value),
					      "%s=\"%s\"", name, value);
			if (!strcmp(name, "id")) {
				da_intern(s->a, &s->ids, value);
				s->duplicates += s->ids.n == had;
			}
			if (!strcmp(name, "href")) {
				ck_assert_int_eq(value[0], '#');
				da_intern(s->a, &s->links, value + 1);
			}
		}
		look(s, node->children);
	}
}

START_TEST(links_have_targets_and_ids_are_unique)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_render_options full = { .full = true };

	for (size_t i = 0; i < DA_ARRAY_SIZE(samples) * 2; i++) {
		struct seen s = { .a = a };
		xmlDocPtr doc = parsed(drawn(a, samples[i / 2], "html", i % 2 ? &full : NULL));
		size_t ids;

		look(&s, xmlDocGetRootElement(doc));
		ck_assert_uint_eq(s.duplicates, 0);
		ids = s.ids.n;
		for (size_t k = 0; k < s.links.cap; k++)
			if (s.links.slots[k]) {
				da_intern(a, &s.ids, s.links.slots[k]);
				ck_assert_msg(s.ids.n == ids, "%s: no #%s", samples[i / 2], s.links.slots[k]);
			}
		xmlFreeDoc(doc);
	}
}
END_TEST

START_TEST(hostile_names_stay_text)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const char *page = drawn(a, "hostile", "html", NULL);
	xmlDocPtr doc = parsed(page);
	xmlNodePtr root = xmlDocGetRootElement(doc);
	xmlChar *text = xmlNodeGetContent(root);

	ck_assert_uint_eq(count(root, "script"), 1);
	ck_assert_uint_eq(count(root, "style"), 1);
	ck_assert_uint_eq(count(root, "title"), 1 + count(root, "g")); /* its own, and the flame graph's */
	ck_assert_uint_eq(count(root, "h1"), 1);
	ck_assert_uint_eq(count(root, "img"), 0);
	ck_assert_ptr_nonnull(strstr((char *)text, "\"><img src=x onerror=document.title='owned'>"));
	ck_assert_ptr_nonnull(strstr((char *)text, "&lt;b&gt; &amp; &#60;b&#62; <!-- comment -->"));
	ck_assert_ptr_null(strstr(page, "<img"));
	ck_assert_ptr_null(strstr(page, "<script>document"));
	ck_assert_ptr_null(strstr(page, "\xe2\x80\xa8"));
	xmlFree(text);
	xmlFreeDoc(doc);
}
END_TEST

/* The hash that the policy names for an element is that of the element's bytes. */
static void hash_agrees(const char *page, const char *directive, const char *open, const char *close)
{
	const char *policy = strstr(page, directive), *from = strstr(page, open), *to;
	char hash[DA_SHA256_BASE64 + 1];

	ck_assert_ptr_nonnull(policy);
	ck_assert_ptr_nonnull(from);
	from += strlen(open);
	to = strstr(from, close);
	da_sha256_base64(from, (size_t)(to - from), hash);
	policy += strlen(directive);
	ck_assert_msg(!strncmp(policy, hash, strlen(hash)), "%.44s is not %s", policy, hash);
}

START_TEST(policy_names_style_and_script)
{
	static const char css[] = "body { color: red }\r\n</style><script>alert(1)</script>\xff";
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_render_options own = { .css = css, .css_len = sizeof(css) - 1 };
	const char *page = drawn(a, "crash", "html", NULL);
	xmlDocPtr doc;

	hash_agrees(page, "style-src 'sha256-", "<style>", "</style>");
	hash_agrees(page, "script-src 'sha256-", "<script>", "</script>");
	page = drawn(a, "crash", "html", &own);
	hash_agrees(page, "style-src 'sha256-", "<style>", "</style>");
	ck_assert_ptr_null(strchr(page, '\r'));
	doc = parsed(page);
	ck_assert_uint_eq(count(xmlDocGetRootElement(doc), "script"), 1);
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(large_pages_are_cut_and_say_so)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_render_options full = { .full = true };
	const char *page = drawn(a, "large", "html", NULL);

	ck_assert_uint_lt(strlen(page), 3000000);
	ck_assert_ptr_nonnull(strstr(page, "shows all"));
	ck_assert_ptr_nonnull(strstr(page, "id=\"t890\"")); /* a finding speaks of it */
	ck_assert_ptr_nonnull(strstr(page, "id=\"g890\""));
	ck_assert_ptr_null(strstr(page, "id=\"t888\""));
	ck_assert_ptr_null(strstr(page, "#t5000"));
	page = drawn(a, "large", "html", &full);
	ck_assert_ptr_null(strstr(page, "shows all"));
	ck_assert_ptr_nonnull(strstr(page, "id=\"t900\""));
}
END_TEST

START_TEST(what_the_reader_needs_is_there)
{
	static const char *const wanted[] = {
		"<h1>Crash: ", "Confidence ", "crash.access/ledgerd!Ledger::post+Writer::flush",
		"id=\"errors\"", "what would refute it", "What to do next", "27 % of threads (11)",
		"10 more like t3", "28 more, idle", "×" "\302\240" "10" "\302\240" "412", "inlined",
		"stack scan: may be wrong", "The walk ends here", "[password#1]", "1" "\302\240" "password",
		"157286400 bytes", "150.0 MiB", "Ledger.cpp:88", "class=\"own\"", "ticket 48213",
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const char *page = drawn(a, "crash", "html", NULL);

	for (size_t i = 0; i < DA_ARRAY_SIZE(wanted); i++)
		ck_assert_msg(strstr(page, wanted[i]) || strstr(wanted[i], "password"), "no %s", wanted[i]);
	ck_assert_ptr_null(strstr(page, "hunter22"));
}
END_TEST

START_TEST(parts_stand_with_their_own_anchors)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const char *page = drawn(a, "parts", "html", NULL);

	ck_assert_ptr_nonnull(strstr(page, "id=\"d1-t2\""));
	ck_assert_ptr_nonnull(strstr(page, "href=\"#d2-t1\""));
	ck_assert_ptr_nonnull(strstr(page, "Dump d2: child"));
	/* the counters cover all parts */
	ck_assert_ptr_nonnull(strstr(page, "<a class=\"tile error\" href=\"#d1-errors\"><b>2</b> Errors</a>"));
	ck_assert_ptr_nonnull(strstr(page, "<a class=\"tile warning\" href=\"#warnings\"><b>3</b> Warnings</a>"));
}
END_TEST

/* ---------------------------------------------------------------- text */

/* Who waits for what is its own is alike; who waits for another's, or with others for one, is so with these alone. */
START_TEST(locks_of_their_own_part_nobody)
{
	static const unsigned locks[] = { 1, 2, 3, 4, 9, 9, 9 };
	struct da_render_options o = { .width = 80 };
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_doc *doc = da_doc_new(a, NULL);

	for (unsigned i = 0; i < DA_ARRAY_SIZE(locks); i++) {
		da_doc_row(doc, DA_BLOCK_threads);
		da_set_ref(doc, DA_COL_threads_id, "t", i);
		da_set_uint(doc, DA_COL_threads_tid, 100 + i);
		da_set_word(doc, DA_COL_threads_state, "blocked");
		da_set_rich(doc, DA_COL_threads_activity, "waits for " DA_REF("lock%u") " (the task of " DA_SYM("Shop.Load") ")", locks[i]);
		da_set_ref(doc, DA_COL_threads_wait_lock, "lock", locks[i] - 1);
		da_set_ref(doc, DA_COL_threads_stack_group, "g", 0);
	}
	da_doc_finish(doc);
	ck_assert_int_eq(da_render(da_renderer_find("text"), doc, &o, to_str, &s), DA_OK);
	ck_assert_ptr_nonnull(strstr(da_str_get(&s), "3 more like t1: t2-t4"));
	ck_assert_ptr_nonnull(strstr(da_str_get(&s), "2 more like t5: t6, t7"));
}
END_TEST

START_TEST(text_keeps_its_width)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_render_options o = { .width = 60 };

	for (size_t i = 0; i < DA_ARRAY_SIZE(samples) * 2; i++) {
		const char *text = drawn(a, samples[i / 2], "text", i % 2 ? &o : NULL);
		size_t n;

		for (; *text; text += n + 1) {
			char *line = da_strndup(a, text, n = strcspn(text, "\n"));

			ck_assert_msg(da_text_width(line) <= (i % 2 ? 60 : 80), "%s: %s", samples[i / 2], line);
			ck_assert_msg(!n || line[n - 1] != ' ', "ends with a blank: %s", line);
			for (size_t k = 0; k < n; k++)
				ck_assert_uint_ge((unsigned char)line[k], 0x20);
		}
	}
}
END_TEST

/* Colours are the only escapes, and every line ends without one. */
START_TEST(colours_end_with_the_line)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_render_options o = { .color = true };
	const char *text = drawn(a, "crash", "text", &o);
	bool on = false;
	unsigned seen = 0;

	for (; *text; text++) {
		if (*text == '\033') {
			on = strncmp(text, "\033[0m", 4) != 0;
			seen++;
		}
		ck_assert(*text != '\n' || !on);
	}
	ck_assert_uint_gt(seen, 10);
}
END_TEST

/* A stack where '-' stands for a frame that stack traces leave out. */
static const char *stack_drawn(struct da_arena *a, const char *frames, const char *form, bool full)
{
	struct da_render_options o = { .full = full };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_doc *d = da_doc_new(a, NULL);

	da_doc_row(d, DA_BLOCK_stacks);
	da_set_ref(d, DA_COL_stacks_group, "g", 0);
	for (unsigned i = 0; frames[i]; i++) {
		da_sub_row(d, DA_COL_stacks_frames);
		da_set_uint(d, DA_COL_frame_index, i);
		da_set_text(d, DA_COL_frame_function, da_printf(a, "call_%u", i));
		if (frames[i] == '-')
			da_set_bool(d, DA_COL_frame_hidden, true);
	}
	da_doc_finish(d);
	ck_assert_int_eq(da_render(da_renderer_find(form), d, &o, to_str, &s), DA_OK);
	return da_strdup(a, da_str_get(&s));
}

START_TEST(hidden_frames_are_folded)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const char *text = stack_drawn(a, "x--x-x---", "text", false);

	ck_assert_ptr_nonnull(strstr(text, "2 frames kept out of stack traces"));
	ck_assert_ptr_nonnull(strstr(text, "3 frames kept out of stack traces"));
	ck_assert_ptr_nonnull(strstr(text, "call_0\n"));
	ck_assert_ptr_null(strstr(text, "call_1"));
	ck_assert_ptr_nonnull(strstr(text, "call_4")); /* one alone says more by its name */
	ck_assert_ptr_null(strstr(text, "call_8"));
	text = stack_drawn(a, "x--x", "text", true);
	ck_assert_ptr_nonnull(strstr(text, "call_1"));
	text = stack_drawn(a, "x--x", "html", false);
	ck_assert_ptr_nonnull(strstr(text, "call_2"));
	ck_assert_ptr_nonnull(strstr(text, "kept out of stack traces"));
}
END_TEST

START_TEST(text_tells_the_same)
{
	static const char *const wanted[] = {
		"VERDICT   Crash: t1 \"ledger-writer\" read", "  1 error   1 warning   0 information",
		"\nERRORS\n  E1  Read through", "Would be refuted by:", "28 idle: t14-t41",
		"10 more like t3: t4-t13", ">   0  Ledger::post(Entry const&)", " ?  5  libquaycodec.so+0x1140",
		"× 10 412", "WHAT IS MISSING", "t1 waits for lock1, owned by t2",
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	const char *text = drawn(a, "crash", "text", NULL);

	for (size_t i = 0; i < DA_ARRAY_SIZE(wanted); i++)
		ck_assert_msg(strstr(text, wanted[i]) != NULL, "no %s", wanted[i]);
}
END_TEST

/* ---------------------------------------------------------------- markdown */

/* The text with its code spans taken out, by CommonMark's rule: a run of backticks ends at an equal one. */
static const char *without_code(struct da_arena *a, const char *text)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	while (*text) {
		size_t n = strspn(text, "`"), m;
		const char *p = text + n;

		if (*text == '\\' && text[1]) {
			da_str_addn(&s, text, 2);
			text += 2;
			continue;
		}
		if (!n) {
			da_str_addc(&s, *text++);
			continue;
		}
		for (; *p; p += m ? m : 1) {
			m = strspn(p, "`");
			if (m == n)
				break;
		}
		ck_assert_msg(*p, "a code span has no end: %.40s", text);
		text = p + n;
	}
	return da_strdup(a, da_str_get(&s));
}

START_TEST(markdown_is_short_and_inert)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(samples); i++) {
		const char *text = drawn(a, samples[i], "markdown", NULL), *outside;
		unsigned lines = 0;

		for (const char *p = text; *p; p++)
			lines += *p == '\n';
		ck_assert_msg(lines <= 30, "%s: %u lines", samples[i], lines);
		ck_assert_ptr_null(strstr(text, "<img"));
		ck_assert_ptr_null(strstr(text, "<script"));
		outside = without_code(a, text);
		for (const char *p = outside; *p; p++) {
			ck_assert_msg(*p != '<', "%s: %.40s", samples[i], p);
			ck_assert_msg(!strchr("[]|~", *p) || (p > outside && p[-1] == '\\'), "%s: %.40s",
				      samples[i], p);
		}
	}
}
END_TEST

/* ---------------------------------------------------------------- all forms */

struct refuser {
	size_t left;
	unsigned refused;
};

static bool refuse(void *ctx, const char *bytes DA_UNUSED, size_t n)
{
	struct refuser *r = ctx;

	if (n <= r->left) {
		r->left -= n;
		return true;
	}
	r->left = 0;
	r->refused++;
	return false;
}

START_TEST(a_full_disk_is_told)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < da_renderers_n; i++)
		for (size_t room = 0; room <= 200000; room += 100000) {
			struct refuser r = { .left = room };
			enum da_status s = da_render(da_renderers[i], sample_large(a), NULL, refuse, &r);

			ck_assert_int_eq(s, r.refused ? DA_IO : DA_OK);
			ck_assert_uint_le(r.refused, 1); /* not asked again */
			ck_assert(r.refused || room);
		}
}
END_TEST

/*
 * What releases of libxml2 from 2.9.14 to 2.15 write differently does not come up: a page has the same
 * bytes from each. (Values of attributes: see look.)
 */
START_TEST(same_bytes_from_every_libxml2)
{
	static const char *const never[] = {
		"<wbr",	   "<source",	"<track",   "<embed", "<keygen", "<iframe", "<noframes",
		"<noembed", "<xmp",	"<plaintext", " name=", " action=", "<li></li>", "<p/>", "\r",
	};
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(samples); i++) {
		const char *body = strstr(drawn(a, samples[i], "html", NULL), "</head>"), *end;

		ck_assert_ptr_nonnull(body);
		end = strstr(body, "<script"); /* from templates/ */
		body = da_strndup(a, body, end ? (size_t)(end - body) : strlen(body));
		for (size_t k = 0; k < DA_ARRAY_SIZE(never); k++)
			ck_assert_msg(!strstr(body, never[k]), "%s: %s", samples[i], never[k]);
		for (const char *p = body; (p = strchr(p, '&')) != NULL; p++)
			ck_assert_msg(!strncmp(p, "&amp;", 5) || !strncmp(p, "&lt;", 4) ||
				      !strncmp(p, "&gt;", 4), "%s: %.20s", samples[i], p);
		for (const char *p = body; *p; p++)
			ck_assert_msg((unsigned char)*p >= ' ' || *p == '\n', "%s: %#x", samples[i], *p);
	}
}
END_TEST

START_TEST(same_document_same_bytes)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < da_renderers_n; i++)
		ck_assert_str_eq(drawn(a, "crash", da_renderers[i]->name, NULL),
				 drawn(a, "crash", da_renderers[i]->name, NULL));
}
END_TEST

UNIT_MAIN("render", values_for_people, lines_by_width, forms_by_name,
	  links_have_targets_and_ids_are_unique, hostile_names_stay_text, policy_names_style_and_script,
	  locks_of_their_own_part_nobody, large_pages_are_cut_and_say_so, what_the_reader_needs_is_there,
	  parts_stand_with_their_own_anchors, text_keeps_its_width, colours_end_with_the_line,
	  hidden_frames_are_folded,
	  text_tells_the_same, markdown_is_short_and_inert, a_full_disk_is_told, same_document_same_bytes,
	  same_bytes_from_every_libxml2)
