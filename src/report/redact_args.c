/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: options that announce a secret, by their name or because a well-known tool says so. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "report/redact.h"

#define TOKENS_MAX 4096

enum how {
	NEXT = 1,      /* -P secret */
	STUCK = 2,     /* -psecret */
	USER_PASS = 4, /* -u name:secret; only what follows the colon */
	PERCENT = 8,   /* -U name%secret */
	COMMA = 16,    /* -u name,secret */
};

/* Short options whose meaning only the tool knows. */
static const struct tool {
	const char *name;
	const char *option;
	unsigned how;
} tools[] = {
	{ "mysql", "-p", STUCK },	  { "mysqldump", "-p", STUCK },
	{ "mysqladmin", "-p", STUCK },	  { "mysqlimport", "-p", STUCK },
	{ "mysqlshow", "-p", STUCK },	  { "mysqlbinlog", "-p", STUCK },
	{ "mysqlcheck", "-p", STUCK },	  { "mariadb", "-p", STUCK },
	{ "mariadb-dump", "-p", STUCK },  { "mariadb-admin", "-p", STUCK },
	{ "sshpass", "-p", NEXT | STUCK }, { "redis-cli", "-a", NEXT },
	{ "curl", "-u", NEXT | STUCK | USER_PASS }, { "curl", "--user", NEXT | USER_PASS },
	{ "curl", "-U", NEXT | STUCK | USER_PASS }, { "curl", "--proxy-user", NEXT | USER_PASS },
	{ "ldapsearch", "-w", NEXT | STUCK }, { "ldapadd", "-w", NEXT | STUCK },
	{ "ldapmodify", "-w", NEXT | STUCK }, { "ldapdelete", "-w", NEXT | STUCK },
	{ "ldapwhoami", "-w", NEXT | STUCK }, { "ldappasswd", "-w", NEXT | STUCK },
	{ "sqlcmd", "-P", NEXT | STUCK }, { "osql", "-P", NEXT | STUCK },
	{ "bcp", "-P", NEXT | STUCK },	  { "tsql", "-P", NEXT },
	{ "mongo", "-p", NEXT },	  { "mongosh", "-p", NEXT },
	{ "mongodump", "-p", NEXT },	  { "mongorestore", "-p", NEXT },
	{ "mongoexport", "-p", NEXT },	  { "mongoimport", "-p", NEXT },
	{ "smbclient", "-U", NEXT | PERCENT }, { "rpcclient", "-U", NEXT | PERCENT },
	{ "lftp", "-u", NEXT | COMMA },	  { "zip", "-P", NEXT },
	{ "unzip", "-P", NEXT },	  { "7z", "-p", STUCK },
	{ "7za", "-p", STUCK },		  { "openssl", "-k", NEXT },
	{ "openssl", "-K", NEXT },	  { "ipmitool", "-P", NEXT },
	{ "snmpwalk", "-A", NEXT },	  { "snmpwalk", "-X", NEXT },
	{ "snmpget", "-A", NEXT },	  { "snmpget", "-X", NEXT },
	{ "rdesktop", "-p", NEXT },	  { "xfreerdp", "/p:", STUCK },
	{ "mosquitto_pub", "-P", NEXT },  { "mosquitto_sub", "-P", NEXT },
	{ "cadaver", "-p", NEXT },	  { "docker", "-p", NEXT },
	{ "podman", "-p", NEXT },	  { "helm", "-p", NEXT },
	{ "az", "-p", NEXT },
};

static size_t len(const struct da_token *t)
{
	return t->end - t->start;
}

static bool is(const char *text, const struct da_token *t, const char *s)
{
	return len(t) == strlen(s) && memcmp(text + t->start, s, len(t)) == 0;
}

static bool has_prefix(const char *text, const struct da_token *t, const char *s)
{
	return len(t) >= strlen(s) && memcmp(text + t->start, s, strlen(s)) == 0;
}

/* Is this token the tool: its name, perhaps with a directory and ".exe"? */
static bool is_tool(const char *text, const struct da_token *t, const char *name)
{
	size_t n = strlen(name), end = t->end, start;

	if (len(t) > 4 && strncasecmp(text + end - 4, ".exe", 4) == 0)
		end -= 4;
	if (end - t->start < n || memcmp(text + end - n, name, n) != 0)
		return false;
	start = end - n;
	return start == t->start || text[start - 1] == '/' || text[start - 1] == '\\';
}

/* -p means a port or a project almost everywhere; with these it is a password after "login" only. */
static bool applies(const char *text, const struct tool *tool, const struct da_token *tokens, size_t n)
{
	if (strcmp(tool->name, "docker") && strcmp(tool->name, "podman") && strcmp(tool->name, "helm") &&
	    strcmp(tool->name, "az"))
		return true;
	for (size_t i = 0; i < n && i < 6; i++)
		if (is(text, &tokens[i], "login"))
			return true;
	return false;
}

static void add(const char *text, size_t start, size_t end, unsigned how, struct da_spans *ret)
{
	const char *sep = how & USER_PASS ? ":" : how & PERCENT ? "%" : how & COMMA ? "," : NULL;

	if (sep) {
		const char *at = memchr(text + start, *sep, end - start);

		if (!at)
			return;
		start = (size_t)(at - text) + 1;
	}
	if (end - start > 1 && (text[start] == '\'' || text[start] == '"')) {
		end -= text[end - 1] == text[start];
		start++;
	}
	if (end > start && !da_value_benign(text + start, end - start, DA_NAME_STRONG))
		da_span_add(ret, start, end, "password", DA_LEARN_ANY);
}

static void use(const char *text, const struct tool *tool, const struct da_token *tokens, size_t n,
		struct da_spans *ret)
{
	size_t opt = strlen(tool->option);

	for (size_t i = 0; i < n; i++) {
		const struct da_token *t = &tokens[i];

		if ((tool->how & NEXT) && is(text, t, tool->option) && i + 1 < n &&
		    (text[tokens[i + 1].start] != '-' || len(&tokens[i + 1]) == 0))
			add(text, tokens[i + 1].start, tokens[i + 1].end, tool->how, ret);
		else if ((tool->how & STUCK) && len(t) > opt && has_prefix(text, t, tool->option))
			add(text, t->start + opt, t->end, tool->how, ret);
	}
}

void da_tools_scan(const char *text, const struct da_token *tokens, size_t n, struct da_spans *ret)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < DA_ARRAY_SIZE(tools); i++)
			if (is_tool(text, &tokens[k], tools[i].name) &&
			    applies(text, &tools[i], tokens + k + 1, n - k - 1))
				use(text, &tools[i], tokens + k + 1, DA_MIN(n - k - 1, 256), ret);
	/* openssl's way to say "this is the password itself" */
	for (size_t k = 0; k < n; k++)
		if (has_prefix(text, &tokens[k], "pass:") && len(&tokens[k]) > 5 && k &&
		    has_prefix(text, &tokens[k - 1], "-pass"))
			add(text, tokens[k].start + 5, tokens[k].end, 0, ret);
}

static bool has_tool(const char *text, size_t n)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(tools); i++)
		if (memmem(text, n, tools[i].name, strlen(tools[i].name)))
			return true;
	return false;
}

void da_tools_scan_text(const char *text, size_t n, struct da_spans *ret)
{
	DA_VEC(struct da_token) tokens = { 0 };

	if (!(memmem(text, n, " -", 2) || memmem(text, n, " /p:", 4)) || !has_tool(text, n))
		return;
	for (size_t i = 0; i < n && tokens.n < TOKENS_MAX;) {
		size_t from = i;

		while (i < n && text[i] != ' ')
			i++;
		if (i > from)
			da_vec_push(ret->arena, &tokens, ((struct da_token){ .start = from, .end = i }));
		while (i < n && text[i] == ' ')
			i++;
	}
	da_tools_scan(text, tokens.v, tokens.n, ret);
}

/* ---------------------------------------------------------------- argument by argument */

/* name=value, --name=value, -Dname=value, /name:value: where the value starts, or 0. */
static size_t value_at(const char *text, const struct da_token *t, size_t *ret_name, size_t *ret_name_end)
{
	size_t i = t->start;

	while (i < t->end && text[i] == '-')
		i++;
	if (i == t->start && i < t->end && text[i] == '/')
		i++;
	*ret_name = i;
	for (; i < t->end && i - t->start < 128; i++) {
		char c = text[i];

		if (c == '=' || (c == ':' && text[t->start] == '/')) {
			*ret_name_end = i;
			return i + 1;
		}
		if (c == ' ' || c == '"' || c == '\'' || c == ';' || c == '/' || c == '\\')
			return 0;
	}
	return 0;
}

static void argument(const char *text, const struct da_token *tokens, size_t n, size_t i,
		     struct da_spans *ret)
{
	const struct da_token *t = &tokens[i];
	enum da_name_strength strength;
	size_t name, name_end, value = value_at(text, t, &name, &name_end);
	const char *kind;

	if (value) {
		strength = da_name_judge(text + name, name_end - name, &kind);
		/* `Password=x;Server=y` as one argument is a connection string: its own scan does it */
		if (strength != DA_NAME_NO && !memchr(text + value, ';', t->end - value) &&
		    !da_value_benign_for(kind, text + value, t->end - value, strength))
			da_span_add(ret, value, t->end, kind, da_learn_by(strength));
		return;
	}
	if (len(t) < 3 || (text[t->start] != '-' && text[t->start] != '/') || i + 1 >= n)
		return;
	if (text[t->start] == '/' && memchr(text + name, '/', t->end - name))
		return; /* a path */
	strength = da_name_judge(text + name, t->end - name, &kind);
	t = &tokens[i + 1];
	if (strength == DA_NAME_NO || len(t) == 0 || (text[t->start] == '-' && len(t) < 12))
		return;
	if (strength == DA_NAME_WEAK && len(t) < 4)
		return;
	if (!da_value_benign_for(kind, text + t->start, len(t), strength))
		da_span_add(ret, t->start, t->end, kind, da_learn_by(strength));
}

void da_arguments_scan(const char *text, const struct da_token *tokens, size_t n, struct da_spans *ret)
{
	for (size_t i = 0; i < n; i++)
		argument(text, tokens, n, i, ret);
	da_tools_scan(text, tokens, n, ret);
}
