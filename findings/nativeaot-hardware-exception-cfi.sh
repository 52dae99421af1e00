#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Native debuggers do not see the method in which a Native AOT program met a null reference. For its CFI the
# runtime's handler of SIGSEGV goes on in RhpThrowHwEx as if the faulting instruction had called it: with the
# stack pointer of the faulting code, and the address of the fault pushed. But RhpThrowHwEx aligns the stack
# pointer first and pushes that address last, and its CFI tells neither: it names as the return address the word
# at the aligned stack pointer, which is the lowest one of the faulting method's stack, or one below it that
# anybody left there. gdb and eu-stack show that as a frame without a name and find back into the stack by their
# guesses, so the backtrace ends well, without the method at fault and, in eu-stack's, without its callers. The
# address of the fault is there: above the exception record, 0x190 bytes above the frame's stack pointer.
#
# Package: Microsoft.DotNet.ILCompiler 10.0.12 and its runtime packs (NuGet), with the .NET SDK of the system, 10
#          or newer, and clang; gdb-minimal 13.1-3, libipt2 2.0.5-1, libdebuginfod1, elfutils, libdw1, libelf1,
#          libasm1 0.188-2.1 (Debian 12, amd64), unpacked, not installed.
# Input:   a program of three methods, Main, Caller and Fault, the last of which reads a field of null; its
#          process stopped by the SIGABRT that ends it, and a core of that.
# Guess:   RhpThrowHwEx, Fault, Caller, Main; so they are behind RhpThrowEx where a throw statement was at fault.
# Seen:    RhpThrowHwEx, then an address that is no code; gdb goes on with Caller and Main, eu-stack behind them;
#          Fault is in the word at +0x190 alone.
set -euo pipefail
runtime=10.0.12
gdb=13.1-3
elfutils=0.188-2.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "gdb-minimal=$gdb" libipt2=2.0.5-1 "libdebuginfod1=$elfutils" "elfutils=$elfutils" \
	"libdw1=$elfutils" "libelf1=$elfutils" "libasm1=$elfutils" >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >fault.csproj <<X
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RuntimeFrameworkVersion>$runtime</RuntimeFrameworkVersion>
    <PublishAot>true</PublishAot>
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
  <ItemGroup>
    <KnownILCompilerPack Update="Microsoft.DotNet.ILCompiler" ILCompilerPackVersion="$runtime" />
    <KnownRuntimePack Update="Microsoft.NETCore.App" LatestRuntimeFrameworkVersion="$runtime" />
  </ItemGroup>
</Project>
X
cat >fault.cs <<'C'
using System;
using System.Runtime.CompilerServices;

class Node
{
    public int Value;
    public Node Next = null;
}

static class Program
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int Fault(Node node) => node.Next.Value + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    static int Caller(Node node) => Fault(node) * 2;

    static int Main()
    {
        Console.WriteLine(Environment.Version);
        return Caller(new Node { Value = 1 });
    }
}
C
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet publish -v quiet -nologo -r linux-x64 -o out fault.csproj >build.log || { cat build.log; exit 1; }
export LD_LIBRARY_PATH=unpacked/usr/lib/x86_64-linux-gnu
unpacked/usr/bin/gdb -nx -q -batch -ex 'set startup-with-shell off' \
	-ex 'handle SIGSEGV SIG34 SIG35 nostop noprint pass' -ex run -ex 'echo stack of gdb\n' -ex bt \
	-ex 'frame function RhpThrowHwEx' -ex 'echo pushed:\ ' -ex 'output/a *(long *)($sp + 0x190)' -ex 'echo \n' \
	-ex 'generate-core-file core' out/fault >log 2>&1
grep -x "$runtime" log
unpacked/usr/bin/eu-stack --core=core -e out/fault >stacks 2>/dev/null || true
{
	sed -n 's/ (.*//; /^stack of gdb/,/StartupCode/p; /^pushed/p' log
	echo stack of eu-stack
	sed -n '/^#/p; /managed__Main/q' stacks
} | sed -n '/^[a-z]/p; /RhpThrowHwEx/,/Main$/p' |
	sed -E 's/^#[0-9]+ +0x[0-9a-f]+ *(in )?//; s/^$/??/; s/0x[0-9a-f]+ //' | tee seen
cat >expected <<'E'
stack of gdb
RhpThrowHwEx
??
fault_Program__Caller
fault_Program__Main
pushed:<fault_Program__Fault+4>
stack of eu-stack
RhpThrowHwEx
??
__managed__Main
E
diff expected seen
echo "as described: Native AOT $runtime, gdb $gdb, eu-stack $elfutils"
