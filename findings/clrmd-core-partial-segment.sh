#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ClrMD hands out bytes of one segment of a core as memory of another. Where a PT_LOAD has fewer bytes in the
# file than in memory (p_filesz < p_memsz), a read behind its last byte goes on in the file, into whatever
# comes next there, up to p_memsz, and counts as complete. Such segments are not rare: by default Linux
# writes one page of each mapping that begins with an ELF header (coredump_filter bit 4), so in every kernel
# core the rest of the first mapping of the program and of each library is read from somebody else's memory.
# Segments without any byte (p_filesz 0) are right: 0 bytes read.
#
# Package: Microsoft.Diagnostics.Runtime 4.2.750101 (NuGet), with the .NET SDK of the system.
# Input:   an x86-64 core made here: 0x400000 with 1 of 2 pages in the file (0x41...), 0x600000 with its one
#          page (0x44...) behind it, and the notes of a kernel core.
# Guess:   a read at 0x401000 gives 0 bytes (or, at worst, zeros), one at 0x400ff8 gives 8.
# Seen:    16 bytes 0x44 at 0x401000; at 0x400ff8 8 bytes 0x41, then 8 bytes 0x44.
set -euo pipefail
version=4.2.750101
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

python3 - <<'P'
import struct


def note(kind, data):
    return struct.pack("<III", 5, len(data), kind) + b"CORE\0\0\0\0" + data + bytes(-len(data) % 4)


status = struct.pack("<iiihhQQiiii", 11, 0, 0, 11, 0, 0, 0, 100, 1, 100, 100).ljust(336, b"\0")
files = struct.pack("<5Q", 1, 4096, 0x400000, 0x402000, 0) + b"/usr/bin/prog\0"
notes = note(1, status) + note(6, struct.pack("<4Q", 6, 4096, 0, 0)) + note(0x46494C45, files)
loads = [(0x400000, 0x1000, 0x2000), (0x600000, 0x1000, 0x1000), (0x700000, 0, 0x1000)]
at = 0x1000
segments = struct.pack("<IIQQQQQQ", 4, 0, 64 + 56 * 4, 0, 0, len(notes), 0, 4)
for address, there, size in loads:
    segments += struct.pack("<IIQQQQQQ", 1, 4, at, address, 0, there, size, 4096)
    at += there
header = b"\x7fELF\x02\x01\x01" + bytes(9)
header += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 4, 0, 0, 0)
data = (header + segments + notes).ljust(0x1000, b"\0")
open("core", "wb").write(data + b"A" * 0x1000 + b"D" * 0x1000)
P
cat >read.csproj <<X
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net$(dotnet --version | cut -d. -f1).0</TargetFramework>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.Diagnostics.Runtime" Version="$version" /></ItemGroup>
</Project>
X
cat >read.cs <<'C'
using System;
using Microsoft.Diagnostics.Runtime;

using DataTarget target = DataTarget.LoadDump(args[0]);
foreach (ulong address in new ulong[] { 0x400ff0, 0x400ff8, 0x401000, 0x700000 })
{
    byte[] bytes = new byte[16];
    int n = target.DataReader.Read(address, bytes);
    Console.WriteLine($"{address:x}: {n} {Convert.ToHexString(bytes, 0, n)}".TrimEnd());
}
C
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build -v quiet -nologo -o out read.csproj >build.log || { cat build.log; exit 1; }
dotnet out/read.dll core | tee seen
cat >expected <<'E'
400ff0: 16 41414141414141414141414141414141
400ff8: 16 41414141414141414444444444444444
401000: 16 44444444444444444444444444444444
700000: 0
E
diff expected seen
echo "as described: ClrMD $version"
