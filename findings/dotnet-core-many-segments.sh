#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two .NET readers of ELF cores do not know PN_XNUM, the way in which a core says that it has 65,535 program
# headers or more (e_phnum is 0xffff, the number is sh_info of section header 0; Linux writes such cores since
# 2.6.34, and vm.max_map_count is often raised beyond that). ELFSharp takes the first 65,535 and says nothing,
# so memory of the highest addresses, where stacks are, is missing. ClrMD refuses: it takes 0xffff for the
# number, and refuses anyway what has more than 10,000, so a process with 10,001 mappings is out of reach.
#
# Package: Microsoft.Diagnostics.Runtime 4.2.750101, ELFSharp 2.17.3 (NuGet), with the .NET SDK of the system.
# Input:   x86-64 cores with 10,000, 10,001 and 70,000 program headers, made here: the notes of a kernel core,
#          and memory segments of which only the last has bytes.
# Guess:   all are read whole; readers that lack PN_XNUM fail at 65,535, not at 10,001.
# Seen:    ELFSharp 10000, 10001, 65535 segments; ClrMD reads the first only.
set -euo pipefail
clrmd=4.2.750101
elfsharp=2.17.3
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
for count in 10000, 10001, 70000:
    many = count >= 0xFFFF
    at = 128 + 56 * count
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 128, 64 if many else 0, 0, 64, 56,
                          0xFFFF if many else count, 64 if many else 0, 1 if many else 0, 0)
    section = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 1, 0, count, 0, 0) if many else bytes(64)
    segments = [struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(notes), 0, 4)]
    at += len(notes)
    for i in range(count - 2):
        segments.append(struct.pack("<IIQQQQQQ", 1, 6, at, 0x10000000 + i * 8192, 0, 0, 4096, 4096))
    segments.append(struct.pack("<IIQQQQQQ", 1, 6, at, 0x7FFC00000000, 0, 4096, 4096, 4096))
    open("core%d" % count, "wb").write(header + section + b"".join(segments) + notes + b"S" * 4096)
P
cat >read.csproj <<X
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net$(dotnet --version | cut -d. -f1).0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Diagnostics.Runtime" Version="$clrmd" />
    <PackageReference Include="ELFSharp" Version="$elfsharp" />
  </ItemGroup>
</Project>
X
cat >read.cs <<'C'
using System;
using System.IO;
using ELFSharp.ELF;
using Microsoft.Diagnostics.Runtime;

foreach (string path in args)
{
    Console.WriteLine($"{path}: ELFSharp {ELFReader.Load<ulong>(path).Segments.Count} segments");
    try
    {
        using DataTarget target = DataTarget.LoadDump(path);
        int n = target.DataReader.Read(0x7ffc00000000, new byte[16]);
        Console.WriteLine($"{path}: ClrMD reads {n} bytes of the stack");
    }
    catch (InvalidDataException error)
    {
        Console.WriteLine($"{path}: ClrMD {error.Message.Substring(error.Message.IndexOf("reports"))}");
    }
}
C
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build -v quiet -nologo -o out read.csproj >build.log || { cat build.log; exit 1; }
dotnet out/read.dll core10000 core10001 core70000 | tee seen
cat >expected <<'E'
core10000: ELFSharp 10000 segments
core10000: ClrMD reads 16 bytes of the stack
core10001: ELFSharp 10001 segments
core10001: ClrMD reports 10001 program headers, which exceeds the maximum of 10000.
core70000: ELFSharp 65535 segments
core70000: ClrMD reports 65535 program headers, which exceeds the maximum of 10000.
E
diff expected seen
echo "as described: ClrMD $clrmd, ELFSharp $elfsharp"
