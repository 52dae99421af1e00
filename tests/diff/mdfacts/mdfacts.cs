// SPDX-License-Identifier: Apache-2.0
// The facts that da_metadata prints, by System.Reflection.Metadata: mdfacts names FILE.dll… | lines FILE.pdb… | lines FILE.dll….
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;

static class Facts
{
    static StreamWriter o;
    static int Row(EntityHandle h) => MetadataTokens.GetRowNumber(h);

    // As dumpan makes text valid: control characters and those that reorder text become escapes.
    static string Text(string s)
    {
        var b = new StringBuilder();
        foreach (var r in s.EnumerateRunes())
        {
            int c = r.Value;
            bool hidden = c == 0x061c || c == 0xfeff || c >= 0x200b && c <= 0x200f || c >= 0x2028 && c <= 0x202e ||
                c >= 0x2060 && c <= 0x206f || c >= 0xfff9 && c <= 0xfffb || c >= 0xe0000 && c <= 0xe007f;
            if (c < 0x20 || c >= 0x7f && c < 0xa0) b.Append("\\x").Append(c.ToString("x2"));
            else if (hidden) b.Append(c > 0xffff ? "\\U" + c.ToString("x8") : "\\u" + c.ToString("x4"));
            else b.Append(r.ToString());
        }
        return b.ToString();
    }

    static string Join(string space, string name) => space.Length == 0 ? name : space + "." + name;

    static string Name(MetadataReader r, TypeDefinitionHandle h)
    {
        var t = r.GetTypeDefinition(h);
        var outer = t.GetDeclaringType();
        return outer.IsNil ? Join(r.GetString(t.Namespace), r.GetString(t.Name)) : Name(r, outer) + "+" + r.GetString(t.Name);
    }

    static string Name(MetadataReader r, TypeReferenceHandle h)
    {
        var t = r.GetTypeReference(h);
        return t.ResolutionScope.Kind == HandleKind.TypeReference
            ? Name(r, (TypeReferenceHandle)t.ResolutionScope) + "+" + r.GetString(t.Name)
            : Join(r.GetString(t.Namespace), r.GetString(t.Name));
    }

    static string Params(MetadataReader r, GenericParameterHandleCollection c) =>
        c.Count == 0 ? "" : "\t" + string.Join(",", c.Select(p => Text(r.GetString(r.GetGenericParameter(p).Name))));

    static string AttributeType(MetadataReader r, CustomAttributeHandle h)
    {
        var ctor = r.GetCustomAttribute(h).Constructor;
        if (ctor.Kind == HandleKind.MethodDefinition)
            return Name(r, r.GetMethodDefinition((MethodDefinitionHandle)ctor).GetDeclaringType());
        var parent = r.GetMemberReference((MemberReferenceHandle)ctor).Parent;
        return parent.Kind == HandleKind.TypeReference ? Name(r, (TypeReferenceHandle)parent)
            : parent.Kind == HandleKind.TypeDefinition ? Name(r, (TypeDefinitionHandle)parent) : "";
    }

    static string Product(MetadataReader r)
    {
        foreach (var h in r.GetAssemblyDefinition().GetCustomAttributes())
            if (AttributeType(r, h) == "System.Reflection.AssemblyInformationalVersionAttribute")
            {
                var b = r.GetBlobReader(r.GetCustomAttribute(h).Value);
                b.ReadUInt16();
                return Text(b.ReadSerializedString());
            }
        return "?";
    }

    static void Images(PEReader pe, byte[] file)
    {
        uint size = 0;
        foreach (var e in pe.ReadDebugDirectory())
        {
            if (e.Type == DebugDirectoryEntryType.CodeView)
            {
                var v = pe.ReadCodeViewDebugDirectoryData(e);
                o.Write($"pdb\t{v.Guid}\t{e.Stamp:x8}\t{v.Age}\t{Text(v.Path)}\n");
            }
            if (e.Type == DebugDirectoryEntryType.EmbeddedPortablePdb)
                size = BitConverter.ToUInt32(file, e.DataPointer + 4);
        }
        var native = pe.PEHeaders.CorHeader.ManagedNativeHeaderDirectory;
        o.Write($"image\t{(uint)pe.PEHeaders.CoffHeader.TimeDateStamp:x}\t{pe.PEHeaders.PEHeader.SizeOfImage:x}\t{(native.Size != 0 ? 1 : 0)}\t{size}\n");
    }

    static void Names(string path)
    {
        var file = File.ReadAllBytes(path);
        using var pe = new PEReader(new MemoryStream(file));
        var r = pe.GetMetadataReader();
        o.Write($"mvid\t{r.GetGuid(r.GetModuleDefinition().Mvid)}\n");
        if (r.IsAssembly)
            o.Write($"assembly\t{r.GetString(r.GetAssemblyDefinition().Name)}\t{r.GetAssemblyDefinition().Version}\t{Product(r)}\n");
        Images(pe, file);
        foreach (var h in r.TypeDefinitions)
        {
            var t = r.GetTypeDefinition(h);
            var outer = t.GetDeclaringType();
            o.Write($"type\t{Row(h)}\t{Text(Name(r, h))}\t{(int)t.Attributes:x}\t{t.GetFields().Count}\t{t.GetMethods().Count}\t{(outer.IsNil ? 0 : Row(outer))}{Params(r, t.GetGenericParameters())}\n");
        }
        foreach (var h in r.TypeReferences)
            o.Write($"ref\t{Row(h)}\t{Text(Name(r, h))}\n");
        foreach (var h in r.MethodDefinitions)
        {
            var m = r.GetMethodDefinition(h);
            bool ext = m.GetCustomAttributes().Any(a => AttributeType(r, a) == "System.Runtime.CompilerServices.ExtensionAttribute");
            o.Write($"method\t{Row(h)}\t{Row(m.GetDeclaringType())}\t{Text(r.GetString(m.Name))}\t{m.RelativeVirtualAddress:x}\t{(int)m.ImplAttributes:x}\t{(int)m.Attributes:x}\t{r.GetBlobReader(m.Signature).Length}{(ext ? "\text" : "")}{Params(r, m.GetGenericParameters())}\n");
        }
        foreach (var h in r.FieldDefinitions)
        {
            var f = r.GetFieldDefinition(h);
            o.Write($"field\t{Row(h)}\t{Text(r.GetString(f.Name))}\t{(int)f.Attributes:x}\t{r.GetBlobReader(f.Signature).Length}\n");
        }
    }

    // The answer for an offset: the last visible point at or before it.
    static void At(MetadataReader r, int rid, List<SequencePoint> points, int il)
    {
        int i = points.FindLastIndex(p => p.Offset <= il), k = i;
        while (k >= 0 && points[k].IsHidden) k--;
        o.Write($"at\t{rid}\t{il}\t");
        if (k < 0) o.Write("none\n");
        else o.Write($"{Text(r.GetString(r.GetDocument(points[k].Document).Name))}\t{points[k].StartLine}{(k != i ? "\tapprox" : "")}\n");
    }

    static void Lines(MetadataReader r)
    {
        foreach (var h in r.MethodDebugInformation)
        {
            var kick = r.GetMethodDebugInformation(h).GetStateMachineKickoffMethod();
            if (!kick.IsNil) o.Write($"kickoff\t{MetadataTokens.GetRowNumber(h)}\t{Row(kick)}\n");
        }
        foreach (var h in r.MethodDebugInformation)
        {
            var points = r.GetMethodDebugInformation(h).GetSequencePoints().ToList();
            foreach (int il in points.SelectMany(p => new[] { p.Offset - 1, p.Offset, p.Offset + 1 }).Where(x => x >= 0).Distinct())
                At(r, MetadataTokens.GetRowNumber(h), points, il);
        }
    }

    static void Pdb(string path)
    {
        var file = File.ReadAllBytes(path);
        if (file[0] == 'M' && file[1] == 'Z')
        {
            using var pe = new PEReader(new MemoryStream(file));
            var e = pe.ReadDebugDirectory().First(x => x.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
            using var inside = pe.ReadEmbeddedPortablePdbDebugDirectoryData(e);
            One(inside.GetMetadataReader());
            return;
        }
        using var p = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(file));
        One(p.GetMetadataReader());
    }

    static void One(MetadataReader r)
    {
        var id = new BlobContentId(r.DebugMetadataHeader.Id);
        o.Write($"id\t{id.Guid}\t{id.Stamp:x8}\n");
        Lines(r);
    }

    static int Main(string[] args)
    {
        if (args.Length < 2) return 2;
        o = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
        foreach (var path in args.Skip(1))
        {
            o.Write($"file\t{path}\n");
            if (args[0] == "names") Names(path); else Pdb(path);
        }
        o.Flush();
        return 0;
    }
}
