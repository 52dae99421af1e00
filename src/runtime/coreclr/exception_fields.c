/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What well-known types of exceptions keep beside the message, by the names of their fields: of the .NET
 * libraries 6 to 11, of Microsoft.Data.SqlClient, System.Data.SqlClient, Npgsql, MySqlConnector,
 * Microsoft.Data.Sqlite and Grpc.Core. A field that a type no longer has is not told.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/exceptions.h"

#define TEXT_MAX 1024
/* Parents of a type that are asked: no exception derives over more. */
#define PARENTS_MAX 32

#define BACKING(property) "<" property ">k__BackingField"

enum form {
	TEXT,     /* System.String */
	NUMBER,
	HEX,
	MAYBE,    /* Nullable<T> of a 4-byte number: bool hasValue, then the value at 4 */
	MAYBE64,  /* of an 8-byte number: the value at 8 */
	SOCKET,   /* System.Net.Sockets.SocketError */
	REQUEST,  /* System.Net.Http.HttpRequestError */
	TYPE,     /* the type of the object that it refers to */
	SQL,      /* the first of an SqlErrorCollection */
};

static const struct row {
	const char *type;
	const char *field; /* of the object */
	const char *name;
	enum form form;
} rows[] = {
	{ "System.IO.FileNotFoundException", BACKING("FileName"), "file", TEXT },
	{ "System.IO.FileLoadException", BACKING("FileName"), "file", TEXT },
	{ "System.BadImageFormatException", "_fileName", "file", TEXT },
	{ "System.ArgumentException", "_paramName", "parameter", TEXT },
	{ "System.ObjectDisposedException", "_objectName", "object", TEXT },
	{ "System.TypeLoadException", "_className", "type", TEXT },
	{ "System.TypeLoadException", "_assemblyName", "assembly", TEXT },
	{ "System.MissingMemberException", "ClassName", "type", TEXT },
	{ "System.MissingMemberException", "MemberName", "member", TEXT },
	{ "System.TypeInitializationException", "_typeName", "type", TEXT },
	{ "System.Globalization.CultureNotFoundException", "_invalidCultureName", "culture", TEXT },
	{ "System.Resources.MissingSatelliteAssemblyException", "_cultureName", "culture", TEXT },
	{ "System.ComponentModel.Win32Exception", BACKING("NativeErrorCode"), "native error", NUMBER },
	{ "System.Net.Sockets.SocketException", "_errorCode", "socket error", SOCKET },
	{ "System.Net.WebException", "_status", "status", NUMBER },
	{ "System.Net.WebSockets.WebSocketException", "_webSocketErrorCode", "WebSocket error", NUMBER },
	{ "System.Net.Mail.SmtpException", "_statusCode", "SMTP status", NUMBER },
	{ "System.Net.Http.HttpRequestException", BACKING("StatusCode"), "HTTP status", MAYBE },
	{ "System.Net.Http.HttpRequestException", BACKING("HttpRequestError"), "HTTP request error", REQUEST },
	{ "System.Net.Http.HttpIOException", BACKING("HttpRequestError"), "HTTP request error", REQUEST },
	{ "System.Net.Http.HttpProtocolException", BACKING("ErrorCode"), "protocol error", NUMBER },
	{ "System.Net.Quic.QuicException", BACKING("QuicError"), "QUIC error", NUMBER },
	{ "System.Net.Quic.QuicException", BACKING("ApplicationErrorCode"), "application error", MAYBE64 },
	{ "System.Xml.XmlException", "_lineNumber", "line", NUMBER },
	{ "System.Xml.XmlException", "_linePosition", "column", NUMBER },
	{ "System.Xml.XmlException", "_sourceUri", "document", TEXT },
	{ "System.Xml.Schema.XmlSchemaException", "_lineNumber", "line", NUMBER },
	{ "System.Xml.Schema.XmlSchemaException", "_linePosition", "column", NUMBER },
	{ "System.Text.Json.JsonException", BACKING("Path"), "JSON path", TEXT },
	{ "System.Text.Json.JsonException", BACKING("LineNumber"), "line", MAYBE64 },
	{ "System.Text.RegularExpressions.RegexParseException", BACKING("Offset"), "offset", NUMBER },
	{ "System.Text.RegularExpressions.RegexMatchTimeoutException", BACKING("Pattern"), "pattern", TEXT },
	{ "System.IO.Compression.ZLibException", "_zlibErrorCode", "zlib error", NUMBER },
	{ "System.Runtime.CompilerServices.RuntimeWrappedException", "_wrappedException", "thrown object", TYPE },
	{ "System.AccessViolationException", "_target", "address", HEX },
	{ "Microsoft.Data.SqlClient.SqlException", "_errors", NULL, SQL },
	{ "System.Data.SqlClient.SqlException", "_errors", NULL, SQL },
	{ "Npgsql.PostgresException", BACKING("SqlState"), "SQL state", TEXT },
	{ "Npgsql.PostgresException", BACKING("Severity"), "severity", TEXT },
	{ "Npgsql.PostgresException", BACKING("TableName"), "table", TEXT },
	{ "Npgsql.PostgresException", BACKING("ConstraintName"), "constraint", TEXT },
	{ "MySqlConnector.MySqlException", BACKING("ErrorCode"), "SQL error", NUMBER },
	{ "MySqlConnector.MySqlException", BACKING("SqlState"), "SQL state", TEXT },
	{ "MySql.Data.MySqlClient.MySqlException", BACKING("Number"), "SQL error", NUMBER },
	{ "Microsoft.Data.Sqlite.SqliteException", BACKING("SqliteErrorCode"), "SQLite error", NUMBER },
	{ "Microsoft.Data.Sqlite.SqliteException", BACKING("SqliteExtendedErrorCode"), "SQLite extended error", NUMBER },
	{ "Oracle.ManagedDataAccess.Client.OracleException", "m_number", "Oracle error", NUMBER },
};

/* The fields of one SqlError. */
static const struct row sql_rows[] = {
	{ NULL, "_number", "SQL error", NUMBER },
	{ NULL, "_state", "SQL state", NUMBER },
	{ NULL, "_class", "severity", NUMBER },
	{ NULL, "_procedure", "procedure", TEXT },
	{ NULL, "_lineNumber", "line", NUMBER },
};

/* System.Net.Sockets.SocketError: the numbers of Winsock on every system. */
static const struct word {
	int32_t value;
	const char *name;
} socket_errors[] = {
	{ -1, "SocketError" },
	{ 995, "OperationAborted" },
	{ 997, "IOPending" },
	{ 10004, "Interrupted" },
	{ 10013, "AccessDenied" },
	{ 10014, "Fault" },
	{ 10022, "InvalidArgument" },
	{ 10024, "TooManyOpenSockets" },
	{ 10035, "WouldBlock" },
	{ 10036, "InProgress" },
	{ 10037, "AlreadyInProgress" },
	{ 10038, "NotSocket" },
	{ 10039, "DestinationAddressRequired" },
	{ 10040, "MessageSize" },
	{ 10041, "ProtocolType" },
	{ 10042, "ProtocolOption" },
	{ 10043, "ProtocolNotSupported" },
	{ 10044, "SocketNotSupported" },
	{ 10045, "OperationNotSupported" },
	{ 10046, "ProtocolFamilyNotSupported" },
	{ 10047, "AddressFamilyNotSupported" },
	{ 10048, "AddressAlreadyInUse" },
	{ 10049, "AddressNotAvailable" },
	{ 10050, "NetworkDown" },
	{ 10051, "NetworkUnreachable" },
	{ 10052, "NetworkReset" },
	{ 10053, "ConnectionAborted" },
	{ 10054, "ConnectionReset" },
	{ 10055, "NoBufferSpaceAvailable" },
	{ 10056, "IsConnected" },
	{ 10057, "NotConnected" },
	{ 10058, "Shutdown" },
	{ 10060, "TimedOut" },
	{ 10061, "ConnectionRefused" },
	{ 10064, "HostDown" },
	{ 10065, "HostUnreachable" },
	{ 10067, "ProcessLimit" },
	{ 10091, "SystemNotReady" },
	{ 10092, "VersionNotSupported" },
	{ 10093, "NotInitialized" },
	{ 10101, "Disconnecting" },
	{ 10109, "TypeNotFound" },
	{ 11001, "HostNotFound" },
	{ 11002, "TryAgain" },
	{ 11003, "NoRecovery" },
	{ 11004, "NoData" },
};

static const struct word request_errors[] = {
	{ 1, "NameResolutionError" },
	{ 2, "ConnectionError" },
	{ 3, "SecureConnectionError" },
	{ 4, "HttpProtocolError" },
	{ 5, "ExtendedConnectNotSupported" },
	{ 6, "VersionNegotiationError" },
	{ 7, "UserAuthenticationError" },
	{ 8, "ProxyTunnelError" },
	{ 9, "InvalidResponse" },
	{ 10, "ResponseEnded" },
	{ 11, "ConfigurationLimitExceeded" },
};

static const char *number_and_name(struct da_clr *c, int32_t value, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].value == value)
			return da_printf(c->arena, "%d (%s)", value, words[i].name);
	return da_printf(c->arena, "%d", value);
}

/* ---------------------------------------------------------------- values */

static const char *text(struct da_clr *c, uint64_t object, const char *field)
{
	uint64_t s;

	if (da_clr_object_ptr(c, object, field, &s) != DA_OK || !s)
		return NULL;
	return da_clr_string(c, s, TEXT_MAX);
}

static const char *number(struct da_clr *c, uint64_t object, const struct row *r)
{
	uint32_t v;

	if (da_clr_object_u32(c, object, r->field, &v) != DA_OK)
		return NULL;
	switch (r->form) {
	case SOCKET:
		return number_and_name(c, (int32_t)v, socket_errors, DA_ARRAY_SIZE(socket_errors));
	case REQUEST: /* 0: unknown */
		return v ? number_and_name(c, (int32_t)v, request_errors, DA_ARRAY_SIZE(request_errors)) : NULL;
	default:
		return da_printf(c->arena, "%d", (int32_t)v);
	}
}

static const char *maybe(struct da_clr *c, uint64_t object, const struct row *r)
{
	uint64_t address, wide;
	uint32_t narrow;
	uint8_t type, has;

	if (da_clr_object_at(c, object, r->field, &address, &type) != DA_OK ||
	    da_mem_u8(c->mem, address, &has) != DA_OK || has != 1)
		return NULL;
	if (r->form == MAYBE64)
		return da_mem_u64(c->mem, address + 8, &wide) == DA_OK ? da_printf(c->arena, "%lld", (long long)wide)
								       : NULL;
	return da_mem_u32(c->mem, address + 4, &narrow) == DA_OK ? da_printf(c->arena, "%d", (int32_t)narrow) : NULL;
}

static const char *value_of(struct da_clr *c, uint64_t object, const struct row *r)
{
	uint64_t v;

	switch (r->form) {
	case TEXT:
		return text(c, object, r->field);
	case MAYBE:
	case MAYBE64:
		return maybe(c, object, r);
	case HEX:
		return da_clr_object_ptr(c, object, r->field, &v) == DA_OK && v
			       ? da_printf(c->arena, "0x%llx", (unsigned long long)v)
			       : NULL;
	case TYPE:
		return da_clr_object_ptr(c, object, r->field, &v) == DA_OK && (v = da_clr_object_mt(c, v)) != 0
			       ? da_clr_type_name(c, v)
			       : NULL;
	default:
		return number(c, object, r);
	}
}

static void tell(struct da_clr *c, struct da_managed_exception *e, uint64_t object, const struct row *r)
{
	const char *value = value_of(c, object, r);

	if (value && *value)
		*da_vec_add(c->arena, &e->fields) = (struct da_text_pair){ .name = r->name, .value = value };
}

/* The first SqlError: SqlErrorCollection keeps a List<object>, in System.Data.SqlClient an ArrayList. */
static void tell_sql(struct da_clr *c, struct da_managed_exception *e, const char *field)
{
	static const char *const lists[] = { "_errors", "errors" };
	uint64_t collection, list, items, first, error;
	uint32_t n;

	if (da_clr_object_ptr(c, e->address, field, &collection) != DA_OK)
		return;
	for (size_t i = 0; i < DA_ARRAY_SIZE(lists); i++) {
		if (da_clr_object_ptr(c, collection, lists[i], &list) != DA_OK ||
		    da_clr_object_ptr(c, list, "_items", &items) != DA_OK ||
		    da_clr_array(c, items, &n, &first) != DA_OK || n == 0 ||
		    da_mem_word(c->mem, first, &error) != DA_OK)
			continue;
		for (size_t k = 0; k < DA_ARRAY_SIZE(sql_rows); k++)
			tell(c, e, error, &sql_rows[k]);
		return;
	}
}

/* False: no such type is known here. */
static bool tell_type(struct da_clr *c, struct da_managed_exception *e, const char *type)
{
	bool known = false;

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		if (!da_streq(rows[i].type, type))
			continue;
		known = true;
		if (rows[i].form == SQL)
			tell_sql(c, e, rows[i].field);
		else
			tell(c, e, e->address, &rows[i]);
	}
	return known;
}

void da_clr_exception_fields(struct da_clr *c, struct da_managed_exception *e)
{
	uint64_t mt = da_clr_object_mt(c, e->address);

	for (unsigned i = 0; mt && i < PARENTS_MAX; i++) {
		const struct da_clr_mt *m = da_clr_mt(c, mt);
		const char *type = m ? da_clr_type_name(c, mt) : NULL;

		if (type && !tell_type(c, e, type) && !da_starts(type, "System."))
			da_clr_exception_own(c, e, mt);
		mt = m ? m->parent : 0;
	}
}
