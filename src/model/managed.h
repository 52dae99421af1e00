/* SPDX-License-Identifier: Apache-2.0 */
/*
 * managed: what a language runtime kept about itself, in the words of no runtime. Included by model.h.
 *
 * Filled by runtime/ in the stages "runtime" (runtimes, assemblies, managed threads), "symbols" (the
 * methods of managed frames) and "objects" (exceptions, names, locks). Indexes as everywhere.
 */
#ifndef DA_MODEL_MANAGED_H
#define DA_MODEL_MANAGED_H

/* Words of runtimes.name, runtimes.flavor, runtimes.reader, in this order (blocks.def). */
enum da_runtime_kind { DA_RUNTIME_CORECLR, DA_RUNTIME_NETFX, DA_RUNTIME_NATIVE_AOT, DA_RUNTIME_MONO };
enum da_flavor { DA_FLAVOR_UNKNOWN, DA_FLAVOR_FRAMEWORK_DEPENDENT, DA_FLAVOR_SELF_CONTAINED,
		 DA_FLAVOR_SINGLE_FILE, DA_FLAVOR_NATIVE_AOT };
/* How its structures were read: by the layout in the dump, a table's own row, a near build's row. */
enum da_reader { DA_READER_DESCRIPTOR, DA_READER_TABLE, DA_READER_TABLE_NEAREST, DA_READER_NONE };
enum da_gc_flavor { DA_GC_UNKNOWN, DA_GC_WORKSTATION, DA_GC_SERVER };
const char *da_runtime_kind_name(enum da_runtime_kind kind);
const char *da_flavor_name(enum da_flavor flavor); /* NULL: unknown */
const char *da_reader_name(enum da_reader reader);

struct da_type_count {
	const char *type;
	uint64_t count;
};

/* The thread pool of .NET. active: workers that run work items, blocked ones too. */
struct da_threadpool {
	uint64_t address;
	const char *how;         /* what led to it: one clause */
	uint32_t min, max, workers, active, goal;
	bool has_cpu, has_adjustment, has_io, has_global, has_local;
	uint32_t cpu_percent, blocking_adjustment, io_min, io_max;
	uint64_t queued_global, queued_local;
	DA_VEC(struct da_type_count) types; /* of queued work, most first; of what was looked at */
	uint64_t typed;          /* how many were: of a long queue the first ones */
};

/* The heap of a collector, in bytes. */
struct da_managed_heap {
	bool has_used;
	uint64_t used;           /* taken up by objects, dead ones that were not collected yet among them */
	uint64_t limit;          /* that the environment sets; 0: none */
	uint32_t limit_percent;  /* the same, of the memory of the machine or container; 0: none */
	const char *limit_from;  /* the variable that sets it, or NULL */
	uint64_t refused;        /* the last request that the collector refused, by its own record; 0: none */
	const char *refused_why; /* a clause; NULL: none */
};

struct da_runtime {
	uint8_t kind, flavor, reader, gc;
	const char *version;     /* "8.0.33", or NULL */
	uint32_t module;
	bool verified;           /* a dump of this kind of build was read before against known answers */
	uint32_t heaps;          /* of the garbage collector, 0 unknown */
	struct da_managed_heap heap;
	DA_VEC(const char *) unread; /* words: what could not be read ("threads", "stacks", "names") */
	const char *reader_why;  /* rich: what the choice of the reader stands on; or NULL */
	/* The dump lacks what a debugging library would have put in, and what would bring it back; rich or NULL. */
	const char *lacks, *remedy;
	bool suspended;          /* threads were stopped for a collection, or a debugger, as the dump was made */
	uint32_t suspended_by;   /* thread, or DA_NONE */
	const char *profiler;    /* rich: what tells that a profiler runs in it, one clause; NULL: nothing does */
	uint32_t profiler_module; /* its library, or DA_NONE */
	float profiler_confidence;
	const struct da_threadpool *threadpool; /* NULL: none, or not read */
};

struct da_assembly {
	const char *name;        /* simple name: "System.Private.CoreLib" */
	const char *path;        /* as the runtime knew it, or NULL: in a bundle, or dynamic */
	const char *version;     /* "10.0.0.0" */
	const char *product_version; /* informational version, or NULL */
	uint8_t mvid[16];        /* in the byte order of its text form */
	bool has_mvid, dynamic;
	const char *load_context; /* NULL: the default one */
	uint32_t runtime;
	uint32_t module;         /* the same file in process.modules, or DA_NONE */
	uint64_t address;        /* of the runtime's own record */
	uint64_t base, size;     /* of its image in the process, 0: none */
	const char *pdb_name;    /* base name of the PDB that the image names, or NULL */
	uint8_t pdb_id[16];
	uint32_t pdb_stamp;      /* the PDB's id is pdb_id and these 4 bytes */
	bool has_pdb_id, has_lines; /* lines: a matching portable PDB was found */
	uint8_t class;           /* enum da_module_class */
	const char *missing_why; /* for missing_files; NULL: nothing is missing */
};

/* Where a method comes from: from metadata; System.Reflection.Emit.DynamicMethod and what uses it; the runtime's own IL. */
enum da_method_origin { DA_METHOD_METADATA, DA_METHOD_DYNAMIC, DA_METHOD_STUB };

/* What a managed frame executes, for a place. */
struct da_method {
	uint8_t origin;          /* enum da_method_origin, by the runtime's own mark */
	uint32_t assembly;       /* or DA_NONE */
	uint32_t token;          /* 0x06…; 0: made at run time */
	int32_t il_offset;       /* -1: unknown */
	bool il_approximate;
	bool hidden;             /* left out of stack traces by its author, or put in between by the runtime */
	const char *raw;         /* type and method as metadata spells them, without signature */
};

enum da_gc_mode { DA_GC_MODE_UNKNOWN, DA_GC_MODE_COOPERATIVE, DA_GC_MODE_PREEMPTIVE };
const char *da_gc_mode_name(enum da_gc_mode mode); /* NULL: unknown */

struct da_managed_thread {
	uint32_t thread;         /* or DA_NONE: its system thread has ended, or never began */
	uint32_t runtime;
	uint32_t managed_id;
	uint32_t tid;            /* 0: none */
	uint64_t address;        /* of the runtime's own record */
	uint32_t state;          /* the runtime's own flags */
	uint8_t gc_mode;
	bool background, threadpool, finalizer, dead, unstarted, gc;
	bool has_lock_count;     /* it holds some that are known */
	uint32_t lock_count;     /* managed locks of proc.locks with this owner: none that nobody could find is in it */
	const char *name;        /* or NULL */
	uint32_t exception;      /* the current one: index of exceptions, or DA_NONE */
	const char *fail_fast;   /* the text that it ended the process with (Environment.FailFast), or NULL: not found */
	const char *fail_fast_from; /* what tells that it did so, rich; or NULL: nothing does */
	uint8_t apartment;       /* 0 unknown, 1 STA, 2 MTA */
};

enum da_where { DA_WHERE_UNHANDLED, DA_WHERE_THREAD, DA_WHERE_HEAP }; /* words of exceptions.where */
const char *da_where_name(enum da_where where);

struct da_text_pair {
	const char *name, *value;
	bool own;                /* a field of the program's own type, by its own name: it may hold anything */
};

#define DA_UNKNOWN_TYPE "unknown type (" /* … its address, and a parenthesis */

struct da_managed_exception {
	uint64_t address;
	uint32_t runtime;
	uint32_t parent;         /* it is the inner exception, or a member, of that one; or DA_NONE */
	uint32_t thread;         /* or DA_NONE */
	uint8_t where;           /* enum da_where */
	bool more;               /* it may have other members: their list is not in the dump, or not all of it */
	const char *type;        /* full name; DA_UNKNOWN_TYPE and its address where no file names it */
	const char *message;     /* or NULL: none, or not in the dump */
	const char *message_why; /* why there is no message, or NULL */
	bool has_hresult;
	uint32_t hresult;
	const char *hresult_name; /* COR_E_FILENOTFOUND, or NULL */
	DA_VEC(struct da_frame) frames; /* where it was thrown first; places filled, no registers */
	const char *remote_trace; /* the text of a stack trace from elsewhere, or NULL */
	DA_VEC(struct da_text_pair) fields; /* of well-known types: "file", "socket error"; and own ones */
};

/*
 * createdump's own account of a crash, the file DUMP.crashreport.json beside the dump: a second source for
 * what the dump lacks, and a check of what it has.
 */
struct da_reported_frame {
	uint64_t pc;
	uint32_t token;          /* 0: unknown */
	int32_t il_offset;       /* -1: unknown */
	const char *method;      /* "Shop.Order.Place(System.Int32)" */
};

struct da_reported_thread {
	uint32_t thread;         /* index: threads that the dump lacks are left out */
	bool managed, crashed;
	const char *exception_type; /* or NULL: none */
	uint64_t exception;      /* the object */
	bool has_hresult;
	uint32_t hresult;
	DA_VEC(struct da_reported_frame) frames; /* managed ones, innermost first */
};

struct da_crash_report {
	const char *file;        /* its base name */
	DA_VEC(struct da_reported_thread) threads;
};

/* COR_E_FILENOTFOUND of an HRESULT; NULL: not a known one. */
const char *da_hresult_name(uint32_t hresult);

#endif
