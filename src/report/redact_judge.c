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

#define WORDS_MAX 16

struct word {
	const char *s;
	size_t n;
};

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_alpha(char c) { return is_lower(c) || is_upper(c); }

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
	"previous", "prompt", "property", "protection", "provider", "range", "rate", "reader", "ref",
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
	"psk", "passkey", "userpassword", "requirepass", "masterauth", "pw", "bindpw",
	"rootpw", "userpw", "dbpw", "adminpw", "keypw", NULL
};

static const char *const weak_heads[] = {
	"key", "keys", "token", "tokens", "pass", "cert", "certs", "certificate", "cred", "sig",
	"signature", "auth", "sas", "jwt", "cookie", "pin", "otp", "pat", "sessionid",
	"phpsessid", "jsessionid", "sessid", NULL
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
	    same(w, "auth") || same(w, "cookie") || same(w, "sas") || same(w, "pat") || same(w, "otp") || ends_with(w, "sessid") || ends_with(w, "sessionid"))
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

enum da_name_strength da_name_before(const char *s, size_t n, enum da_name_strength strength)
{
	struct word w = { s, n };

	if (any(&w, harmless_befores))
		return DA_NAME_NO;
	if (any(&w, strong_befores) && n > 1)
		return DA_NAME_STRONG;
	return strength;
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
