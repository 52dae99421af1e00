#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Managed assemblies read like System.Reflection.Metadata reads them: every type, method, field, generic
# parameter, identity and version, of the framework that is installed and of the corpus' programs; lines of
# portable PDBs likewise; and what .NET puts into a single-file program comes out again.
. "$(dirname "$0")/../lib.sh"
t_need dotnet
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_HOME="$T/home" DOTNET_GENERATE_ASPNET_CERTIFICATE=false
sdk=$(dotnet --version 2>/dev/null) || t_skip_all "no .NET SDK is installed"
[ "${sdk%%.*}" -ge 8 ] || t_skip_all "the .NET SDK is older than 8"
cp -r "$top_srcdir/tests/diff/mdfacts" "$T/mdfacts" && chmod -R u+w "$T/mdfacts"
dotnet build "$T/mdfacts" -c Release -o "$T/out" -p:TargetFramework="net${sdk%%.*}.0" >"$T/build" 2>&1 ||
	t_skip_all "the .NET SDK does not build"

compare() { # what, facts, least, files
	what=$1 facts=$2 least=$3
	shift 3
	dotnet "$T/out/mdfacts.dll" "$facts" "$@" >"$T/theirs"
	if [ "$facts" = lines ]; then
		"$top_builddir/tests/diff/da_metadata" lines <"$T/theirs" >"$T/ours"
	else
		"$top_builddir/tests/diff/da_metadata" "$facts" "$@" >"$T/ours"
	fi
	n=$(wc -l <"$T/ours")
	[ "$n" -ge "$least" ] && t_pass "$what: $n facts" || t_fail "$what: only $n facts, wanted $least"
	t_diff "$T/theirs" "$T/ours" "$what: equal"
}

# Program text of its own: yield and await, #line, a hidden region, two files in one type.
mkdir "$T/lib"
cp "$T/mdfacts/mdfacts.csproj" "$T/lib/lib.csproj"
cat >"$T/lib/a.cs" <<'EOF'
using System.Collections.Generic;
using System.Threading.Tasks;
public partial class Orders<TKey> where TKey : notnull
{
	public IEnumerable<TKey> All(TKey[] keys) { foreach (var k in keys) yield return k; }
	public async Task<int> Count(Task<int> n) { int x = await n; return x + await n; }
	public int Twice(int n)
	{
		int x = n;
#line 200 "other name, with blanks.cs"
		x += n;
#line hidden
		x += 0;
#line 500000
		x += 1;
#line default
		return x;
	}
}
EOF
printf 'public partial class Orders<TKey> { public int Zero = new System.Random(1).Next(); }\n' >"$T/lib/b.cs"
dotnet build "$T/lib" -c Debug -o "$T/lib/out" -p:TargetFramework="net${sdk%%.*}.0" -p:DebugType=embedded -p:OutputType=Library -p:Nullable=enable \
	>"$T/build" 2>&1 || t_say "$(grep -m 3 error "$T/build")"
compare "an embedded PDB" lines 50 "$T/lib/out/lib.dll"

embedded=$(grep -l MPDB "$(dirname "$(dotnet --list-sdks | tail -n 1 | sed 's/.*\[\(.*\)\]/\1/')")"/sdk/"$sdk"/Extensions/*.dll 2>/dev/null)
# shellcheck disable=SC2086
[ -z "$embedded" ] || compare "the SDK's embedded PDBs" lines 3000 $embedded

runtime=$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -n 1)
compare "the framework" names 200000 "$runtime"/System.*.dll
if [ -d "$DUMPAN_CORPUS/dotnet/scenario-binaries" ]; then
	compare "the corpus' programs" names 5000 "$DUMPAN_CORPUS"/dotnet/scenario-binaries/*/*.dll
	compare "the corpus' PDBs" lines 20000 "$DUMPAN_CORPUS"/dotnet/scenario-binaries/*/*.pdb
else
	t_skip "the corpus' programs" "DUMPAN_CORPUS is not set"
fi
# A single-file program that needs an installed runtime; then, as the corpus has it, one that brings its own.
echo 'System.Console.WriteLine("ready");' >"$T/program.cs"
mkdir "$T/single" && mv "$T/program.cs" "$T/single" && cp "$T/mdfacts/mdfacts.csproj" "$T/single/single.csproj"
if dotnet publish "$T/single" -c Release -r linux-x64 --self-contained false -o "$T/single/out" -p:PublishSingleFile=true \
	-p:UseAppHost=true -p:TargetFramework="net${sdk%%.*}.0" >"$T/build" 2>&1; then
	t_is "$("$top_builddir/tests/diff/da_metadata" bundle "$T/single/out/single" | sed -n 's/  single.dll$//p')" \
		"$(sha256sum "$T"/single/obj/Release/*/linux-x64/single.dll | cut -d' ' -f1)" "an assembly out of a single file"
else
	t_skip "an assembly out of a single file" "the .NET SDK does not publish"
fi
reduced=$DUMPAN_CORPUS/dotnet/nodac/ShopRunner-8.0.31-sftr.reduced.xz
if [ -f "$reduced" ] && command -v xz >/dev/null; then
	xz -dc "$reduced" >"$T/reduced"
	"$top_builddir/tests/diff/da_metadata" bundle "$T/reduced" >"$T/entries"
	t_is "$(wc -l <"$T/entries")" "33" "every entry of the corpus' single file"
	t_like "$(cat "$T/entries")" '  ShopRunner\.r2r\.dll$' "the composite image is one"
else
	t_skip "the corpus' single file" "DUMPAN_CORPUS is not set"
fi
t_done
