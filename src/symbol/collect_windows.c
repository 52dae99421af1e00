/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PowerShell script (5.0, which Windows has since 10 and Server 2016, or later) for the machine of a
 * Windows process. The paths come from a dump, so they may be anything: they stand in single quotes only,
 * all but ASCII as numbers (PowerShell takes typographic quotes for quotes, and scripts without a mark in
 * the machine's code page), and are used as literal paths. Only files of a drive are looked at, as a share
 * would be shown who asks; only images of the very build are packed, and PDBs.
 */
#include "config.h"

#include <string.h>

#include "symbol/private.h"

static const char head[] =
	"# Packs the files that dumpan needs for a better report. Run it where the process ran, unpack the\n"
	"# archive beside the dump and give the folder with --symbols.\n"
	"# Usage: powershell -ExecutionPolicy Bypass -File THIS.ps1 [ARCHIVE.zip]\n"
	"param([string]$Archive = 'dumpan-symbols.zip')\n"
	"Set-StrictMode -Version 2\n"
	"$ErrorActionPreference = 'Stop'\n"
	"$stage = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'dumpan-' + [Guid]::NewGuid().ToString('N'))\n"
	"$script:packed = 0\n"
	"$script:absent = 0\n"
	"\n"
	"function Open-Shared([string]$Path) {\n"
	"\t[IO.File]::Open($Path, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]'ReadWrite, Delete')\n"
	"}\n"
	"\n"
	"# Time stamp and size in memory of a program or DLL, as symbol stores write them\n"
	"function Get-ImageId([string]$Path) {\n"
	"\t$file = Open-Shared $Path\n"
	"\ttry {\n"
	"\t\t$read = New-Object IO.BinaryReader $file\n"
	"\t\tif ($read.ReadUInt16() -ne 0x5a4d) { return '' }\n"
	"\t\t$file.Position = 0x3c\n"
	"\t\t$at = $read.ReadUInt32()\n"
	"\t\t$file.Position = $at\n"
	"\t\tif ($read.ReadUInt32() -ne 0x4550) { return '' }\n"
	"\t\t$file.Position = $at + 8\n"
	"\t\t$stamp = $read.ReadUInt32()\n"
	"\t\t$file.Position = $at + 0x50\n"
	"\t\t'{0:X8}{1:x}' -f $stamp, $read.ReadUInt32()\n"
	"\t} catch [IO.EndOfStreamException] { '' } finally { $file.Dispose() }\n"
	"}\n"
	"\n"
	"function Test-Pdb([string]$Path) {\n"
	"\t$file = Open-Shared $Path\n"
	"\ttry {\n"
	"\t\t$bytes = New-Object byte[] 24\n"
	"\t\t$n = $file.Read($bytes, 0, 24)\n"
	"\t\t$text = [Text.Encoding]::ASCII.GetString($bytes, 0, $n)\n"
	"\t\t$text -ceq 'Microsoft C/C++ MSF 7.00' -or $text.StartsWith('BSJB', [StringComparison]::Ordinal)\n"
	"\t} finally { $file.Dispose() }\n"
	"}\n"
	"\n"
	"# Into the archive as NAME\\ID\\NAME: two files of one name do not meet\n"
	"function Save-File([string]$Path, [string]$Name, [string]$Id) {\n"
	"\t$folder = [IO.Path]::Combine($stage, $Name, $Id)\n"
	"\t[void][IO.Directory]::CreateDirectory($folder)\n"
	"\t[IO.File]::Copy($Path, [IO.Path]::Combine($folder, $Name), $true)\n"
	"\t$script:packed++\n"
	"}\n"
	"\n"
	"function Skip-File([string]$Why, [string]$Path) {\n"
	"\tWrite-Warning ($Why + ': ' + $Path)\n"
	"\t$script:absent++\n"
	"}\n"
	"\n"
	"function Add-File([string]$Kind, [string]$Path, [string]$Name, [string]$Id) {\n"
	"\ttry {\n"
	"\t\t# A 32-bit process calls its system folder so\n"
	"\t\t$wow = $Path -replace '^([A-Za-z]:\\\\Windows)\\\\System32\\\\', '$1\\SysWOW64\\'\n"
	"\t\tif ($Kind -eq 'image' -and $wow -ne $Path -and [IO.File]::Exists($wow) -and\n"
	"\t\t\t(Get-ImageId $wow) -eq $Id) { $Path = $wow }\n"
	"\t\tif (-not [IO.File]::Exists($Path)) { Skip-File 'absent' $Path; return }\n"
	"\t\tif ($Kind -eq 'image' -and (Get-ImageId $Path) -ne $Id) {\n"
	"\t\t\tSkip-File 'another build, left out' $Path; return\n"
	"\t\t}\n"
	"\t\tif ($Kind -eq 'pdb' -and -not (Test-Pdb $Path)) { Skip-File 'not a PDB, left out' $Path; return }\n"
	"\t\tSave-File $Path $Name $Id\n"
	"\t} catch { Skip-File $_.Exception.Message $Path }\n"
	"}\n"
	"\n";

static const char tail[] =
	"\n"
	"if ($script:packed -eq 0) { Write-Warning 'nothing to pack'; exit 1 }\n"
	"try {\n"
	"\t$folders = @(Get-ChildItem -LiteralPath $stage | ForEach-Object { $_.FullName })\n"
	"\tCompress-Archive -LiteralPath $folders -DestinationPath $Archive -Force\n"
	"} finally { Remove-Item -LiteralPath $stage -Recurse -Force }\n"
	"'{0} files packed into {1}, {2} absent' -f $script:packed, $Archive, $script:absent\n";

static void add_unit(struct da_str *s, uint32_t unit)
{
	da_str_addf(s, "'+[char]0x%04x+'", unit);
}

/* A string of PowerShell; other text than ASCII by the numbers of its UTF-16. */
static void add_quoted(struct da_str *s, const char *text)
{
	const char *end = text + strlen(text);

	da_str_add(s, " ('");
	while (text < end) {
		uint32_t c = 0;

		if ((uint8_t)*text < 0x80) {
			da_str_add(s, *text == '\'' ? "'" : "");
			da_str_addc(s, *text++);
			continue;
		}
		text += da_utf8_next(text, (size_t)(end - text), &c);
		if (c >= 0x10000)
			add_unit(s, 0xd7c0 + (c >> 10));
		add_unit(s, c >= 0x10000 ? 0xdc00 | (c & 0x3ff) : c);
	}
	da_str_add(s, "')");
}

/* One part of a path that names a file and nothing else. */
static bool is_name(const char *name, size_t n)
{
	if (!n || name[n - 1] == '.' || name[n - 1] == ' ')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)name[i] < ' ' || strchr("\\/:*?\"<>|", name[i]))
			return false;
	return true;
}

static bool is_drive_path(const char *path)
{
	if (!path || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", path[0]) || !path[0] ||
	    path[1] != ':' || path[2] != '\\')
		return false;
	for (const char *p = path + 3;; p++) {
		size_t n = strcspn(p, "\\");

		if (!is_name(p, n))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

/* A PDB is looked for beside its image: where it was built is another machine. */
static const char *place_of(const struct da_symbols *s, const struct da_missing_file *x)
{
	const char *path = x->path, *slash;

	if (!x->pdb_id || x->managed)
		return path;
	path = s->d->proc.modules.v[x->module].path;
	slash = path ? strrchr(path, '\\') : NULL;
	return slash ? da_printf(s->d->arena, "%.*s\\%s", (int)(slash - path), path, x->name) : NULL;
}

static void add_file(struct da_symbols *s, struct da_str *out, const struct da_missing_file *x)
{
	const struct da_module *m = x->module == DA_NONE ? NULL : &s->d->proc.modules.v[x->module];
	const char *path = place_of(s, x);

	if (!x->store || (!m && !x->pdb_id) || !is_drive_path(path) || !is_name(x->name, strlen(x->name)))
		return;
	da_str_addf(out, "Add-File '%s'", x->pdb_id ? "pdb" : "image");
	add_quoted(out, path);
	add_quoted(out, x->name);
	add_quoted(out, x->pdb_id ? x->pdb_id : da_printf(s->d->arena, "%08X%x", m->timestamp, m->image_size));
	da_str_addc(out, '\n');
}

const char *da_symbols_collect_windows(struct da_symbols *s)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };

	da_str_add(&out, head);
	for (size_t i = 0; i < s->d->missing_files.n; i++)
		add_file(s, &out, &s->d->missing_files.v[i]);
	da_str_add(&out, tail);
	return da_strdup(s->d->arena, da_str_get(&out));
}
