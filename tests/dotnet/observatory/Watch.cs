// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Observatory;

internal readonly record struct Frame(string Function, int Line);

/// <summary>Where a thread stands: each method says its name and line on the line of its next call.</summary>
internal static class Mark
{
    [ThreadStatic] private static List<Frame>? t_frames;

    public static List<Frame> Frames => t_frames ??= new();

    /// <summary>function: the name that a report must show, where it is not Observatory.FILE.MEMBER (a mark behind it).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void At(string? function = null, string mark = "", [CallerMemberName] string member = "",
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Frames.Add(Here(function, mark, member, file, line));

    /// <summary>Behind a call, which would else be a jump: no frame would be left of who made it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Out() { }

    public static Frame Here(string? function = null, string mark = "", [CallerMemberName] string member = "",
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        new(function ?? "Observatory." + Path.GetFileNameWithoutExtension(file) + "." + member + mark, line);
}

/// <summary>A thread of a scenario.</summary>
internal sealed class Watcher
{
    public readonly string Name;
    public readonly Thread? Thread;
    public int OsId, ManagedId;
    public bool Pool;
    public List<Frame> Frames = new();
    public string? WaitKind;
    public object? WaitsFor;
    public int Child;

    public Watcher(string name, Action body, bool background = true, int stack = 0)
    {
        Name = name;
        Thread = new Thread(() =>
        {
            OsId = Native.Gettid();
            ManagedId = Environment.CurrentManagedThreadId;
            Frames = Mark.Frames;
            body();
        }, stack) { Name = name, IsBackground = background };
        Watch.Watchers.Add(this);
        Thread.Start();
    }

    /// <summary>The current thread, which is none of ours (of the pool, the finalizer).</summary>
    public Watcher()
    {
        Name = "";
        Pool = Thread.CurrentThread.IsThreadPoolThread;
        OsId = Native.Gettid();
        ManagedId = Environment.CurrentManagedThreadId;
        Frames = Mark.Frames;
        lock (Watch.Watchers)
            Watch.Watchers.Add(this);
    }

    public Watcher Blocked(string? kind = null, object? on = null)
    {
        WaitKind = kind;
        WaitsFor = on;
        for (int i = 0; i < 500 && (OsId == 0 || (Thread!.ThreadState & System.Threading.ThreadState.WaitSleepJoin) == 0); i++)
            Thread.Sleep(10);
        return Calm();
    }

    /// <summary>The system says that the thread sleeps, twice (a monitor spins before it does).</summary>
    public Watcher Calm(string? kind = null)
    {
        WaitKind ??= kind;
        for (int i = 0, calm = 0; i < 500 && calm < 3; i++)
        {
            string stat = OsId == 0 ? "" : File.ReadAllText($"/proc/self/task/{OsId}/stat");
            calm = stat.Length > 0 && stat[stat.LastIndexOf(')') + 2] == 'S' ? calm + 1 : 0;
            Thread.Sleep(10);
        }
        return this;
    }
}

internal sealed record Fault(string Type, string? Message, int Parent, Watcher? Thread, List<Frame> Frames, Dictionary<string, string> Fields)
{
    public int HResult;
}

/// <summary>
/// The truth line: {"scenario", "runtime", "pid",
///  "threads": [{"name", "managed_id", "os_id", "pool", "frames": [{"function", "line"}] innermost first, "wait_kind", "wait_address", "wait_pid"}],
///  "locks": [{"address" (where it is known), "kind", "type", "owner": os id or 0, "recursion", "waiters": [os ids]}],
///  "exceptions": [{"type", "message", "parent": index or -1, "os_id", "frames", "fields"}],
///  "cycle": [os ids], "rule": what must be found, "warning": the same, a warning, "blame": the function to look at, "says": the text of FailFast,
///  "pool_workers" (the least, the most and all that there are), "pool_queued", "profiled", "calm": nothing must be, "ready": true}
/// </summary>
internal static class Watch
{
    public static readonly List<Watcher> Watchers = new();
    public static readonly List<Fault> Faults = new();
    public static string? Rule, Warning, Blame, Says;
    public static bool Calm;
    public static int Number;
    public static (int Workers, int Queued) Pool;
    public static readonly List<Watcher> Cycle = new();
    private static readonly List<(object Object, string Kind, Watcher? Owner, int Recursion, Watcher[] Waiters)> s_locks = new();
    private static readonly List<(Type Type, Watcher Owner, Watcher[] Waiters)> s_classes = new();
    private static string s_scenario = "";
    private static int s_mainOs, s_mainId;
    private static List<Frame> s_main = new();

    public static void Begin(string scenario)
    {
        s_scenario = scenario;
        s_mainOs = Native.Gettid();
        s_mainId = Environment.CurrentManagedThreadId;
        s_main = Mark.Frames;
    }

    public static void Lock(object o, string kind, Watcher? owner, int recursion, params Watcher[] waiters) =>
        s_locks.Add((o, kind, owner, recursion, waiters));

    /// <summary>Who runs the static constructor of a class, and who waits for it: where the runtime keeps that is not ours to know.</summary>
    public static void ClassLock(Type type, Watcher owner, params Watcher[] waiters) => s_classes.Add((type, owner, waiters));

    public static unsafe string Address(object o) => "0x" + (*(nint*)Unsafe.AsPointer(ref o)).ToString("x");

    public static void Ready()
    {
        if (s_locks.Count > 0)
            GC.Collect(); // objects stay where they are now: nothing below allocates enough for another collection
        using var stream = new MemoryStream();
        using (var w = new Utf8JsonWriter(stream))
            Write(w);
        stream.WriteByte((byte)'\n');
        using Stream to = Console.OpenStandardOutput();
        stream.WriteTo(to);
        to.Flush();
    }

    private static void Write(Utf8JsonWriter w)
    {
        w.WriteStartObject();
        w.WriteString("scenario", s_scenario);
        w.WriteString("runtime", Environment.Version.ToString());
        w.WriteNumber("pid", Environment.ProcessId);
        w.WriteStartArray("threads");
        WriteThread(w, "", s_mainId, s_mainOs, s_main, false, null, null, 0);
        foreach (Watcher t in Watchers)
            WriteThread(w, t.Name, t.ManagedId, t.OsId, t.Frames, t.Pool, t.WaitKind, t.WaitsFor, t.Child);
        w.WriteEndArray();
        w.WriteStartArray("locks");
        foreach (var l in s_locks)
            WriteLock(w, Address(l.Object), l.Kind, l.Object.GetType(), l.Owner, l.Recursion, l.Waiters);
        foreach (var c in s_classes)
            WriteLock(w, null, "class-init", c.Type, c.Owner, 0, c.Waiters);
        w.WriteEndArray();
        w.WriteStartArray("exceptions");
        foreach (Fault f in Faults)
            WriteFault(w, f);
        w.WriteEndArray();
        w.WriteStartArray("cycle");
        foreach (Watcher t in Cycle)
            w.WriteNumberValue(t.OsId);
        w.WriteEndArray();
        if (Rule != null)
            w.WriteString("rule", Rule);
        if (Warning != null)
            w.WriteString("warning", Warning);
        if (Blame != null)
            w.WriteString("blame", Blame);
        if (Says != null)
            w.WriteString("says", Says);
        if (Pool.Workers > 0)
        {
            w.WriteNumber("pool_workers", Pool.Workers);
            w.WriteNumber("pool_queued", Pool.Queued);
        }
        w.WriteBoolean("profiled", Environment.GetEnvironmentVariable("CORECLR_ENABLE_PROFILING") == "1");
        w.WriteBoolean("calm", Calm);
        w.WriteBoolean("ready", true);
        w.WriteEndObject();
    }

    private static void WriteThread(Utf8JsonWriter w, string name, int id, int os, List<Frame> frames, bool pool, string? kind, object? on, int child)
    {
        w.WriteStartObject();
        w.WriteString("name", name);
        w.WriteNumber("managed_id", id);
        w.WriteNumber("os_id", os);
        w.WriteBoolean("pool", pool);
        WriteFrames(w, frames);
        if (kind != null)
            w.WriteString("wait_kind", kind);
        if (on != null)
            w.WriteString("wait_address", Address(on));
        if (child != 0)
            w.WriteNumber("wait_pid", child);
        w.WriteEndObject();
    }

    private static void WriteFrames(Utf8JsonWriter w, List<Frame> frames)
    {
        w.WriteStartArray("frames");
        for (int i = frames.Count - 1; i >= 0; i--)
        {
            w.WriteStartObject();
            w.WriteString("function", frames[i].Function);
            w.WriteNumber("line", frames[i].Line);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void WriteLock(Utf8JsonWriter w, string? address, string kind, Type type, Watcher? owner, int recursion, Watcher[] waiters)
    {
        w.WriteStartObject();
        if (address != null)
            w.WriteString("address", address);
        w.WriteString("kind", kind);
        w.WriteString("type", type.IsGenericType ? type.FullName![..type.FullName!.IndexOf('`')] + "<" + type.GenericTypeArguments[0].FullName + ">" : type.FullName);
        w.WriteNumber("owner", owner?.OsId ?? 0);
        w.WriteNumber("recursion", recursion);
        w.WriteStartArray("waiters");
        foreach (Watcher t in waiters)
            w.WriteNumberValue(t.OsId);
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void WriteFault(Utf8JsonWriter w, Fault f)
    {
        w.WriteStartObject();
        w.WriteString("type", f.Type);
        if (f.Message != null)
            w.WriteString("message", f.Message);
        w.WriteNumber("parent", f.Parent);
        w.WriteNumber("os_id", f.Thread?.OsId ?? 0);
        if (f.HResult != 0)
            w.WriteString("hresult", "0x" + f.HResult.ToString("x8"));
        WriteFrames(w, f.Frames);
        w.WriteStartObject("fields");
        foreach (var p in f.Fields)
            w.WriteString(p.Key, p.Value);
        w.WriteEndObject();
        w.WriteEndObject();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReadyAndPark()
    {
        using var never = new ManualResetEvent(false);
        Mark.At(); Ready(); never.WaitOne();
    }
}
