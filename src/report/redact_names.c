/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that announce a secret: Password=, --token, "clientSecret": , DB_PASSWORD.
 *
 * A name is cut into words at _ - . and at changes of case. What counts is its head, the last word
 * that says something: a "token count" is a count, a "key file" is a file, a "key" of a map is
 * nothing, an "api key" is a secret.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "report/redact.h"

#define NAME_MAX_LEN 96
#define WORDS_MAX 16

struct word {
	const char *s;
	size_t n;
};

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return is_lower(c) || is_upper(c); }

static bool is_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '$';
}

static bool same(const struct word *w, const char *s)
{
	return strlen(s) == w->n && strncasecmp(w->s, s, w->n) == 0;
}

static bool ends_with(const struct word *w, const char *s)
{
	size_t n = strlen(s);

	return w->n >= n && strncasecmp(w->s + w->n - n, s, n) == 0;
}

static bool starts_with(const struct word *w, const char *s)
{
	size_t n = strlen(s);

	return w->n >= n && strncasecmp(w->s, s, n) == 0;
}

static bool any(const struct word *w, const char *const *list)
{
	for (; *list; list++)
		if (same(w, *list))
			return true;
	return false;
}

static unsigned words_of(const char *name, size_t n, struct word *ret)
{
	unsigned count = 0;
	size_t i = 0;

	while (i < n && count < WORDS_MAX) {
		size_t from;

		while (i < n && !is_alpha(name[i]))
			i++; /* digits say nothing */
		from = i;
		while (i < n && is_upper(name[i]))
			i++;
		if (i - from > 1 && i < n && is_lower(name[i]))
			i--; /* APIKey: API, Key */
		else
			while (i < n && is_lower(name[i]))
				i++;
		if (i > from)
			ret[count++] = (struct word){ name + from, i - from };
	}
	return count;
}

/* ---------------------------------------------------------------- judging */

/* Heads that turn the whole name into something else. */
static const char *const other_heads[] = {
	"age", "alg", "algorithm", "alias", "allowed", "array", "attempts", "audience",
	"authority", "bits", "board", "bucket", "builder", "bytes", "cache", "callback", "chain",
	"changed", "char", "check", "class", "code", "codes", "col", "column", "columns",
	"command", "cmd", "compare", "comparer", "config", "container", "context", "count",
	"counter", "cost", "cursor", "date", "dir", "directory", "down", "enabled", "encoding",
	"end", "endpoint", "entry", "enum", "env", "error", "errors", "event", "events",
	"exchange", "exists", "expiration", "expired", "expires", "expiry", "factory", "fd",
	"field", "fields", "file", "filename", "files", "filter", "finder", "fingerprint",
	"flags", "folder", "format", "frame", "frequency", "func", "generator", "group", "handle",
	"handler", "header", "headers", "hint", "history", "id", "ids", "identifier", "in",
	"index", "info", "input", "interval", "is", "issuer", "iterator", "kid", "kind", "label",
	"len", "length", "level", "lifetime", "limit", "limits", "list", "loader", "location",
	"login", "lookup", "manager", "map", "max", "maximum", "message", "metadata", "min",
	"minimum", "missing", "mode", "model", "modulus", "name", "names", "needed", "node",
	"number", "offset", "only", "owner", "pair", "param", "parameter", "parser", "path",
	"paths", "pattern", "policy", "pool", "pos", "position", "prefix", "press", "pressed",
	"previous", "prompt", "property", "protection", "provider", "range", "rate", "reader",
	"refresh", "request", "requests", "required", "requirement", "requirements", "reset",
	"response", "result", "retries", "ring", "role", "rotation", "row", "rule", "rules",
	"schema", "scheme", "scope", "scopes", "selector", "serial", "service", "set", "settings",
	"share", "size", "sort", "source", "space", "start", "state", "status", "stdin", "store",
	"stream", "strength", "subject", "suffix", "supported", "system", "table", "tag",
	"through", "thumbprint", "time", "timeout", "timer", "timestamp", "ttl", "type", "types",
	"up", "update", "uri", "url", "usage", "used", "user", "valid", "validation", "validator",
	"vault", "version", "view", "window", "words", "writer", NULL
};

/* Words behind the head that do not change it: PASSWORD_PROD, secretValue, key_b64. */
static const char *const idle_heads[] = {
	"a", "b", "backup", "base", "bytes64", "clear", "cleartext", "current", "data", "dev",
	"encoded", "encrypted", "hash", "hashed", "hex", "live", "main", "master", "new", "old",
	"orig", "original", "plain", "plaintext", "primary", "prod", "production", "raw", "root",
	"salt", "sandbox", "secondary", "staging", "str", "string", "test", "text", "tmp", "v",
	"value", "verify", "confirm", "confirmation", "again", NULL
};

static const char *const strong_heads[] = {
	"password", "passwords", "passwd", "pwd", "passphrase", "passcode", "pword", "secret",
	"secrets", "credential", "credentials", "creds", "apikey", "apikeys", "accesskey",
	"accountkey", "authkey", "privatekey", "sharedkey", "secretkey", "sharedaccesskey",
	"encryptionkey", "signingkey", "masterkey", "licensekey", "accesstoken", "authtoken",
	"refreshtoken", "bearertoken", "sessiontoken", "usertoken", "securitytoken", "sastoken",
	"idtoken", "storepass", "keypass", "userpass", "dbpass", "rootpass", "adminpass",
	"mypass", "sshpass", "sqlpass", "smtppass", "ftppass", "mailpass", "loginpass",
	"pgpassword", "pgpass", "authorization", "sharedaccesssignature", "connectionsecret",
	"psk", "passkey", "userpassword", "requirepass", "masterauth", "pw", NULL
};

static const char *const weak_heads[] = {
	"key", "keys", "token", "tokens", "pass", "cert", "certs", "certificate", "cred", "sig",
	"signature", "auth", "sas", "jwt", "cookie", "pin", "otp", "pat", NULL
};

/* In front of a weak head they make it a secret. */
static const char *const strong_befores[] = {
	"access", "account", "admin", "api", "app", "application", "auth", "authentication",
	"azure", "aws", "bearer", "bot", "client", "csrf", "xsrf", "db", "database", "deploy",
	"encryption", "encrypt", "decryption", "feed", "function", "functions", "gh", "github",
	"gitlab", "google", "host", "hmac", "id", "identity", "instrumentation", "integration",
	"invite", "jwt", "license", "login", "machine", "mail", "mapi", "master", "nuget", "npm",
	"oauth", "octopus", "personal", "private", "publish", "push", "recovery", "refresh",
	"root", "sa", "sas", "secret", "secure", "security", "server", "service", "session",
	"shared", "signing", "slack", "sonar", "ssh", "ssl", "storage", "stripe", "subscription",
	"system", "tls", "user", "validation", "vault", "webhook", "wifi", "workspace", "x", NULL
};

/* … and these make it harmless: PublicKeyToken is a part of every .NET assembly's name. */
static const char *const harmless_befores[] = {
	"public", "publickey", "cancellation", "foreign", "partition", "sort", "cache", "hot",
	"map", "row", "hash", "dictionary", "lookup", "unique", "natural", "composite", "index",
	"metadata", "type", "syntax", "method", "next", "unexpected", "max", "min", "num",
	"total", "prompt", "completion", "input", "output", "continuation", "change", "page",
	"lexer", "sync", "render", "shader", "compute", "first", "second", "third", "last", "one",
	"two", "single", "multi", "optimization", "boarding", "object", "config", "format", NULL
};

static bool strong_word(const struct word *w)
{
	static const char *const ends[] = { "password", "passwd", "passphrase", "secret", "apikey", NULL };

	if (any(w, strong_heads))
		return true;
	for (const char *const *e = ends; *e; e++)
		if (ends_with(w, *e))
			return true;
	/* mypwd, sqlpwd; but not "pwd" inside a longer word */
	if (w->n <= 8 && ends_with(w, "pwd"))
		return true;
	return starts_with(w, "password") && !starts_with(w, "passwordless");
}

static const char *kind_of(const struct word *w)
{
	if (ends_with(w, "token") || ends_with(w, "tokens") || same(w, "authorization") || same(w, "jwt") ||
	    same(w, "auth") || same(w, "cookie") || same(w, "sas") || same(w, "pat") || same(w, "otp"))
		return "token";
	if (ends_with(w, "key") || ends_with(w, "keys") || same(w, "psk"))
		return "key";
	if (starts_with(w, "cert"))
		return "certificate";
	if (starts_with(w, "cred"))
		return "credential";
	if (starts_with(w, "sig") || ends_with(w, "signature"))
		return "signature";
	if (ends_with(w, "secret") || ends_with(w, "secrets"))
		return "secret";
	return "password";
}

static enum da_name_strength weak_in_place(const struct word *w, unsigned head)
{
	/* "PublicKeyToken", "public key": what stands before the last two decides */
	for (unsigned i = head; i > 0 && i + 2 >= head; i--)
		if (same(&w[i - 1], "public") || same(&w[i - 1], "publickey"))
			return DA_NAME_NO;
	if (head && any(&w[head - 1], harmless_befores))
		return DA_NAME_NO;
	if (head && any(&w[head - 1], strong_befores))
		return DA_NAME_STRONG;
	if (head && any(&w[head - 1], weak_heads)) /* "auth key", "key pass" */
		return DA_NAME_STRONG;
	return DA_NAME_WEAK;
}

/* "samr_password.c": the name of a file. */
static bool is_file(const char *name, size_t n)
{
	static const char *const ends[] = { ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".cs", ".py", ".go", ".rs",
					    ".java", ".js", ".ts", ".rb", ".pl", ".php", ".so", ".dll", ".exe",
					    ".o", ".a", ".txt", ".log", ".conf", ".cfg", ".json", ".xml", ".yml",
					    ".yaml", ".md", ".sh", ".dylib", ".jar", ".vb", ".fs", ".m", ".inl",
					    NULL };
	struct word w = { name, n };

	for (const char *const *e = ends; *e; e++)
		if (ends_with(&w, *e))
			return true;
	return false;
}

enum da_name_strength da_name_judge(const char *name, size_t n, const char **ret_kind)
{
	struct word w[WORDS_MAX];
	unsigned count = words_of(name, n, w), head = count;

	if (is_file(name, n))
		return DA_NAME_NO;
	while (head && (any(&w[head - 1], idle_heads) || w[head - 1].n == 1))
		head--;
	if (head && any(&w[head - 1], other_heads))
		return DA_NAME_NO;
	if (head) {
		*ret_kind = kind_of(&w[head - 1]);
		if (strong_word(&w[head - 1]))
			return DA_NAME_STRONG;
		if (any(&w[head - 1], weak_heads))
			return weak_in_place(w, head - 1);
		/* mytoken, apptoken; not the bare word, which was weak */
		if (ends_with(&w[head - 1], "token") && w[head - 1].n > 5)
			return weak_in_place(w, head - 1) == DA_NAME_NO ? DA_NAME_NO : DA_NAME_WEAK;
	}
	/* PASSWORD_FOR_LEDGER: a strong word anywhere, with nothing said against it */
	for (unsigned i = 0; i < head; i++)
		if (strong_word(&w[i]) && !same(&w[i], "pwd")) {
			*ret_kind = kind_of(&w[i]);
			return DA_NAME_STRONG;
		}
	return DA_NAME_NO;
}

bool da_name_is_directory(const char *name, size_t n, const char *value)
{
	static const char *const names[] = { "PWD", "OLDPWD", "INIT_CWD", "OWD" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return value[0] == '/' || (value[0] && value[1] == ':' && value[2] == '\\');
	return false;
}

/* ---------------------------------------------------------------- running text */

/* A keyword starts here: its length, or 0. */
static size_t keyword(const char *s, size_t n)
{
	static const char *const words[] = {
		"auth", "cert", "cookie", "cred", "jwt", "key", "otp", "pass", "pat", "pin", "psk", "pwd", "pword",
		"pw", "sas", "secret", "sig", "token",
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
		f->at = q;
		return q < n;
	}
	return false;
}

/* "api key", "shared access key", "public key": the word before a name that stands alone. */
static void word_before(struct found *f)
{
	size_t end = f->name, from;
	struct word w;

	if (f->strength == DA_NAME_STRONG || end < 2 || f->text[end - 1] != ' ')
		return;
	for (from = --end; from && is_alpha(f->text[from - 1]) && end - from < 24; from--)
		;
	w = (struct word){ f->text + from, end - from };
	if (any(&w, harmless_befores))
		f->strength = DA_NAME_NO;
	else if (any(&w, strong_befores) && !same(&w, "x"))
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
	if (da_value_random(v, n))
		return true;
	if (f->sep == ':' && !f->quoted_name)
		return false;
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
	struct word w = { v, n };

	return (f->sep == ':' || f->sep == ' ') && (end >= f->n || f->text[end] != ';') && any(&w, words);
}

static void add(const struct found *f, size_t start, size_t end, enum da_learn learn,
		struct da_spans *ret)
{
	if (end > start)
		da_vec_push(ret->arena, &ret->spans,
			    ((struct da_span){ .start = start, .end = end, .kind = f->kind, .learn = learn,
					       .soft = true, .from = f->name }));
}

/* Where the value ends that was taken; 0: none was. */
static size_t take(struct found *f, struct da_spans *ret)
{
	size_t at = skip_scheme(f, f->at), start, end;
	enum da_learn learn;

	end = da_value_end(f->text, f->n, at, f->strength == DA_NAME_STRONG, &start);
	if (f->sep == '>') {
		const char *close = memchr(f->text + f->at, '<', f->n - f->at);

		start = f->at;
		end = close ? (size_t)(close - f->text) : f->n;
	}
	if (f->strength == DA_NAME_WEAK && f->sep == ' ' && f->option)
		f->strength = DA_NAME_STRONG;
	if (da_value_benign_for(f->kind, f->text + start, end - start, f->strength) ||
	    prose(f, f->text + start, end - start, end))
		return 0;
	if (da_name_is_directory(f->text + f->name, f->name_end - f->name, f->text + start))
		return 0;
	if (f->sep == ' ' && f->strength == DA_NAME_STRONG && !f->option &&
	    !(start > at && f->sep == ' ') && !da_value_random(f->text + start, end - start))
		return 0;
	if (f->strength == DA_NAME_WEAK && !confirmed(f, f->text + start, end - start))
		return 0;
	learn = DA_LEARN_ODD;
	if (f->strength == DA_NAME_STRONG && (f->sep == '=' || f->quoted_name || f->option) &&
	    (strcmp(f->kind, "password") == 0 || strcmp(f->kind, "secret") == 0))
		learn = DA_LEARN_ANY;
	add(f, start, end, learn, ret);
	if (settings_end(f, start, end) != end)
		add(f, start, settings_end(f, start, end), learn, ret);
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
