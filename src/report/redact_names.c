/* SPDX-License-Identifier: Apache-2.0 */
/* Names with values in running text, in all the ways that programs write them. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "report/redact.h"

#define NAME_MAX_LEN 96

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return is_lower(c) || is_upper(c); }

static bool is_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '$';
}

/* A keyword starts here: its length, or 0. */
static size_t keyword(const char *s, size_t n)
{
	static const char *const words[] = {
		"auth", "cert", "cookie", "cred", "jwt", "key", "otp", "pass", "pat", "pin", "psk", "pwd", "pword",
		"pw", "sas", "secret", "sess", "sig", "token",
	};
	char c = (char)(s[0] | 0x20);

	if (c != 'a' && c != 'c' && c != 'j' && c != 'k' && c != 'o' && c != 'p' && c != 's' && c != 't')
		return 0;
	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if (words[i][0] == c && len <= n && strncasecmp(words[i], s, len) == 0)
			return len;
	}
	return 0;
}

struct found {
	const char *text;
	size_t n;
	size_t name, name_end;  /* the name */
	size_t at;              /* where its value starts, perhaps at a quote */
	char sep;               /* '=', ':', '>', ' ' */
	bool query;             /* ?name=, &name= */
	bool option;            /* --name */
	bool quoted_name;       /* "name": */
	bool upper;             /* API_TOKEN */
	enum da_name_strength strength;
	const char *kind;
};

static size_t skip_spaces(const char *text, size_t n, size_t at, size_t most)
{
	size_t i = at;

	while (i < n && text[i] == ' ' && i - at < most)
		i++;
	return i;
}

/* <password>x, <ns:password>x; not vector<Token>(…) */
static bool is_element(const struct found *f, size_t i)
{
	const char *t = f->text;

	if (f->name < 1 || i + 1 >= f->n || t[i] != '>' || strchr("( >:,*&<)", t[i + 1]))
		return false;
	return t[f->name - 1] == '<' || (f->name >= 2 && t[f->name - 1] == ':' && t[f->name - 2] != ':');
}

/* password is 'x', password was "x": only a quoted value counts, see take(). */
static size_t skip_copula(const char *t, size_t n, size_t at)
{
	static const char *const words[] = { "is ", "was ", "of ", "value " };

	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if (at + len < n && strncmp(t + at, words[i], len) == 0 &&
		    (t[at + len] == '\'' || t[at + len] == '"'))
			return at + len;
	}
	return at;
}

/* Between the name and its value. */
static bool separator(struct found *f)
{
	const char *t = f->text;
	size_t i = f->name_end, n = f->n, q = i;

	while (q < n && t[q] == '\\' && q - i < 8)
		q++;
	if (q < n && (t[q] == '"' || t[q] == '\'') && f->name &&
	    (t[f->name - 1] == t[q])) {
		f->quoted_name = true;
		i = q + 1;
	} else if (i < n && t[i] == ']') { /* Settings[Password] = */
		i++;
	}
	q = skip_spaces(t, n, i, 4);
	if (q < n && t[q] == '=' && (q + 1 >= n || (t[q + 1] != '=' && t[q + 1] != '~'))) {
		f->sep = '=';
		f->at = skip_spaces(t, n, q + 1 + (q + 1 < n && t[q + 1] == '>'), 2);
		return true;
	}
	if (q + 2 < n && t[q] == '%' && t[q + 1] == '3' && (t[q + 2] | 0x20) == 'd') {
		f->sep = '=';
		f->at = q + 3;
		return true;
	}
	if (q < n && t[q] == ':' && (q + 1 >= n || t[q + 1] != ':')) {
		f->sep = ':';
		f->at = skip_spaces(t, n, q + 1 + (q + 1 < n && t[q + 1] == '='), 4);
		return true;
	}
	if (is_element(f, i)) {
		f->sep = '>';
		f->at = i + 1;
		return true;
	}
	if (q > i || f->quoted_name) {
		f->sep = ' ';
		f->at = skip_copula(t, n, q);
		return q < n;
	}
	return false;
}

/* "api key", "shared access key", "public key": the word before a name that stands alone. */
static void word_before(struct found *f)
{
	size_t end = f->name, from;

	if (f->strength == DA_NAME_STRONG || end < 2 || f->text[end - 1] != ' ')
		return;
	for (from = --end; from && is_alpha(f->text[from - 1]) && end - from < 24; from--)
		;
	f->strength = da_name_before(f->text + from, end - from, f->strength);
	/* "user=joe pass=dragon": with a user beside it, a pass is no turn */
	if (f->strength == DA_NAME_WEAK && strcmp(f->kind, "password") == 0 &&
	    (memmem(f->text, end, "user", 4) || memmem(f->text, end, "User", 4) || memmem(f->text, end, "login", 5)))
		f->strength = DA_NAME_STRONG;
}

/* Authorization: Bearer xyz; the scheme stays readable. */
static size_t skip_scheme(const struct found *f, size_t at)
{
	static const char *const schemes[] = { "bearer", "basic", "token", "apikey", "digest", "negotiate",
					       "ntlm", "sharedkey", "sharedaccesssignature", "splunk", "key" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (at + len < f->n && strncasecmp(f->text + at, schemes[i], len) == 0 &&
		    f->text[at + len] == ' ')
			return skip_spaces(f->text, f->n, at + len, 4);
	}
	return at;
}

static bool has_digits(const char *v, size_t n, unsigned least)
{
	unsigned digits = 0, letters = 0;

	for (size_t i = 0; i < n; i++) {
		digits += is_digit(v[i]);
		letters += is_alpha(v[i]);
	}
	return digits >= least && letters;
}

static bool all_hex(const char *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_digit(v[i]) && !((v[i] | 0x20) >= 'a' && (v[i] | 0x20) <= 'f'))
			return false;
	return true;
}

/* A name of a weak kind in running text: does the value confirm it? */
static bool confirmed(const struct found *f, const char *v, size_t n)
{
	if (f->query || (f->upper && f->sep == '='))
		return n >= 4;
	if (f->sep == ' ')
		return n >= 16 && da_value_random(v, n) && !all_hex(v, n);
	if (strcmp(f->kind, "signature") == 0 && n < 16)
		return false; /* the name of its algorithm */
	if (da_value_random(v, n))
		return true;
	if (f->sep == ':' && !f->quoted_name)
		return false;
	if (strcmp(f->kind, "key") != 0)
		return n >= 6 && has_digits(v, n, 1) && strcspn(v, "-_./:") >= n;
	return n >= 8 && has_digits(v, n, 2) && strcspn(v, "-_./:") >= n;
}

/*
 * In a connection string a value goes on to the next semicolon, blanks and all:
 * "Server=a;Password=my dog;Database=b".
 */
static size_t settings_end(const struct found *f, size_t start, size_t end)
{
	const char *t = f->text;
	const char *semi;
	size_t i;

	if (f->sep != '=' || end >= f->n || t[end] != ' ')
		return end;
	semi = memchr(t + end, ';', f->n - end);
	if (!semi || (size_t)(semi - t) - start > 128)
		return end;
	for (i = end; t + i < semi; i++)
		if (t[i] == '=' || t[i] == '"' || t[i] == '\\')
			return end;
	i = skip_spaces(t, f->n, (size_t)(semi - t) + 1, 2);
	for (size_t k = i; k < f->n && k - i < 40; k++) {
		if (t[k] == '=' && k > i)
			return (size_t)(semi - t);
		if (!is_name(t[k]) && t[k] != ' ')
			break;
	}
	return i >= f->n && memchr(t, ';', f->name) ? (size_t)(semi - t) : end;
}

/* "password: incorrect for user joe": an explanation, not a value. */
static bool prose(const struct found *f, const char *v, size_t n, size_t end)
{
	static const char *const words[] = {
		"a", "an", "and", "are", "be", "can", "cannot", "could", "did", "does", "expired", "failed",
		"for", "from", "has", "in", "incorrect", "invalid", "is", "may", "mismatch", "must", "not",
		"of", "or", "rejected", "set", "should", "that", "the", "this", "to", "too", "unexpected",
		"unknown", "value", "was", "were", "which", "will", "with", "wrong", "string", "found", "changed",
		"accepted", "authentication", "login", "user", "username", "denied", NULL
	};
	if ((f->sep != ':' && f->sep != ' ') || (end < f->n && f->text[end] == ';'))
		return false;
	for (const char *const *w = words; *w; w++)
		if (strlen(*w) == n && strncasecmp(*w, v, n) == 0)
			return true;
	return false;
}

static void add(const struct found *f, size_t start, size_t end, enum da_learn learn,
		struct da_spans *ret)
{
	if (end > start)
		da_vec_push(ret->arena, &ret->spans,
			    ((struct da_span){ .start = start, .end = end, .kind = f->kind, .learn = learn,
					       .soft = true, .from = f->name }));
}

static bool is_password(const struct found *f)
{
	return strcmp(f->kind, "password") == 0;
}

/* What else speaks against it: a directory, a word of a sentence, a weak name without a fitting value. */
static bool refuted(const struct found *f, size_t start, size_t end)
{
	const char *v = f->text + start;
	size_t n = end - start;

	if (da_value_benign_for(f->kind, v, n, f->strength) || prose(f, v, n, end))
		return true;
	if (da_name_is_directory(f->text + f->name, f->name_end - f->name, v) ||
	    (f->sep == ':' && is_password(f) && f->name_end - f->name == 3 && da_value_path(v, n)))
		return true;
	if (f->sep == ' ' && f->strength == DA_NAME_STRONG && !f->option && !da_value_random(v, n))
		return !(is_password(f) && start && (v[-1] == '\'' || v[-1] == '"')); /* PASSWORD 'x' */
	return f->strength == DA_NAME_WEAK && !confirmed(f, v, n);
}

/* A value may be longer than the secret ("hunter2,retrying"): its first piece may stand alone elsewhere. */
static void add_first_piece(const struct found *f, size_t start, size_t end, struct da_spans *ret)
{
	size_t i = start;

	while (i < end && !strchr(",;)]}&|/", f->text[i]))
		i++;
	if (i < end)
		add(f, start, i, DA_LEARN_ODD, ret);
}

/* Where the value ends that was taken; 0: none was. */
static size_t take(struct found *f, struct da_spans *ret)
{
	size_t at = skip_scheme(f, f->at), start, end, long_end;
	enum da_learn learn = DA_LEARN_ODD;

	end = da_value_end(f->text, f->n, at, f->strength == DA_NAME_STRONG, &start);
	if (f->sep == '>') {
		const char *close = memchr(f->text + f->at, '<', f->n - f->at);

		start = f->at;
		end = close ? (size_t)(close - f->text) : f->n;
	}
	if (f->strength == DA_NAME_WEAK && f->sep == ' ' && f->option)
		f->strength = DA_NAME_STRONG;
	if (refuted(f, start, end))
		return 0;
	if (f->strength == DA_NAME_STRONG && (f->sep == '=' || f->quoted_name || f->option) &&
	    (is_password(f) || strcmp(f->kind, "secret") == 0))
		learn = DA_LEARN_ANY;
	add(f, start, end, learn, ret);
	add_first_piece(f, start, end, ret);
	long_end = settings_end(f, start, end);
	if (long_end != end)
		add(f, start, long_end, learn, ret);
	return end;
}

static bool all_upper(const char *s, size_t n)
{
	bool under = false;

	for (size_t i = 0; i < n; i++) {
		if (is_lower(s[i]))
			return false;
		under = under || s[i] == '_';
	}
	return under;
}

void da_names_scan(const char *text, size_t n, struct da_spans *ret)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = keyword(text + i, n - i);
		struct found f = { .text = text, .n = n };
		size_t value_end;

		if (!len)
			continue;
		for (f.name = i; f.name && is_name(text[f.name - 1]) && i - f.name < NAME_MAX_LEN; f.name--)
			;
		for (f.name_end = i + len; f.name_end < n && is_name(text[f.name_end]) &&
		     f.name_end - f.name < NAME_MAX_LEN; f.name_end++)
			;
		i = f.name_end - 1;
		f.option = text[f.name] == '-';
		while (f.name < f.name_end && text[f.name] == '-')
			f.name++;
		f.strength = da_name_judge(text + f.name, f.name_end - f.name, &f.kind);
		if (f.strength == DA_NAME_NO)
			continue;
		word_before(&f);
		if (f.strength == DA_NAME_NO || !separator(&f))
			continue;
		f.query = f.name && (text[f.name - 1] == '?' || text[f.name - 1] == '&');
		f.upper = all_upper(text + f.name, f.name_end - f.name);
		value_end = take(&f, ret);
		i = DA_MAX(i, value_end ? value_end - 1 : 0); /* what is masked is not searched again */
	}
}
