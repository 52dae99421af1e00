// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Observatory;

/// <summary>Calls into libzenith.so (zenith.c), and back.</summary>
internal static unsafe class Native
{
    [DllImport("libc", EntryPoint = "gettid")] public static extern int Gettid();
    [DllImport("zenith", EntryPoint = "zenith_wait")] private static extern void Wait(int n);
    [DllImport("zenith", EntryPoint = "zenith_read")] private static extern int ReadAt(int* p, int field);
    [DllImport("zenith", EntryPoint = "zenith_call")] private static extern int Call(Callback c, int n);
    [DllImport("zenith", EntryPoint = "zenith_call")] private static extern int CallPointer(delegate* unmanaged<int, int> c, int n);
    [DllImport("zenith", EntryPoint = "zenith_locked")] private static extern int Locked(Callback c, int n);

    [DllImport("zenith", EntryPoint = "zenith_hold"), SuppressGCTransition] private static extern int Hold(int n);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] private delegate int Callback(int n);

    private static readonly List<Callback> s_kept = new();

    private static Callback Keep(Callback c)
    {
        s_kept.Add(c);
        return c;
    }

    /// <summary>A native call that waits, made without leaving cooperative mode; a collection is asked for while it does.</summary>
    public static void Suspended()
    {
        Hold(0); // found and bound: no lock of the loader is wanted later
        new Watcher("gc-holder", () => GC.KeepAlive(HoldNative())).Calm();
        new Watcher("gc-caller", () => { Thread.Sleep(150); GC.Collect(); });
        Watch.Warning = "hang.gc-in-progress";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int HoldNative() => Hold(1) + 1;

    public static void Calls()
    {
        new Watcher("native-wait", () => WaitNative()).Calm();
        new Watcher("native-and-back", () => There(Keep(Back))).Blocked();
        new Watcher("unmanaged-only", () => Pointer()).Blocked();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitNative() { Mark.At(); Wait(5); Mark.Frames.Clear(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int There(Callback c) { Mark.At(); return Call(c, 3) + 1; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Back(int n) { Mark.At(); Shapes.Block(); return n; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Pointer() { Mark.At(); return CallPointer(&Only, 4) + 1; }

    [UnmanagedCallersOnly]
    private static int Only(int n) { Mark.At(); Shapes.Block(); return n; }

    /// <summary>One holds a monitor and wants a mutex of the native library, one the other way round.</summary>
    public static void Mixed()
    {
        var dome = new Dome { Name = "mixed" };
        using var held = new CountdownEvent(2);
        var a = new Watcher("managed-first", () => { lock (dome) { held.Signal(); held.Wait(); WantNative(); } });
        var b = new Watcher("native-first", () => Locked(Keep(n => { held.Signal(); held.Wait(); return WantManaged(dome); }), 1));
        b.Blocked("monitor", dome);
        a.Calm();
        Watch.Lock(dome, "monitor", a, 1, b);
        Watch.Cycle.AddRange(new[] { a, b });
        Watch.Rule = "hang.deadlock";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WantNative() { Mark.At(); Locked(Keep(n => n), 2); Mark.Frames.Clear(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WantManaged(object o) { Mark.At(); lock (o) return 1; }

    public static void Crash()
    {
        Watch.Rule = "crash.access";
        Watch.Blame = "zenith_read";
        new Watcher("bystander", Shapes.Block).Blocked("event-slim");
        new Watcher("meridian", () => Measure(null));
        Thread.Sleep(Timeout.Infinite);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Measure(int* p) { Mark.At(); Watch.Ready(); return ReadAt(p, 16) + 1; }
}
