// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Observatory;

/// <summary>Big ones, for `make bench`.</summary>
internal static class Load
{
    private static readonly List<object> s_kept = new();
    private static readonly Dome[] s_domes = Enumerable.Range(0, 16).Select(n => new Dome { Name = "dome " + n }).ToArray();

    /// <summary>NUMBER threads, 20 frames deep, eight kinds of stacks.</summary>
    public static void Many()
    {
        var started = new CountdownEvent(Watch.Number);
        for (int i = 0; i < Watch.Number; i++)
        {
            int n = i;
            new Thread(() => Dive(n, 18, started), 256 << 10) { Name = "diver-" + n, IsBackground = true }.Start();
        }
        started.Wait();
        Thread.Sleep(500);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Dive(int n, int depth, CountdownEvent started)
    {
        if (depth > 0)
            return (n >> (depth % 3) & 1) == 0 ? Left(n, depth - 1, started) : Right(n, depth - 1, started);
        started.Signal();
        Shapes.Block();
        return 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Left(int n, int depth, CountdownEvent started) => Dive(n, depth, started) + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Right(int n, int depth, CountdownEvent started) => Dive(n, depth, started) + 2;

    private sealed class Node
    {
        public Node? Next;
        public string Name = "";
        public long[] Values = Array.Empty<long>();
    }

    /// <summary>NUMBER megabytes of small objects, 60 threads of which 40 want 16 monitors, exceptions caught and kept.</summary>
    public static void Heap()
    {
        long before = GC.GetTotalMemory(true);
        Node? head = null;
        for (int i = 0; (i & 1023) != 0 || GC.GetTotalMemory(false) - before < (long)Watch.Number << 20; i++)
        {
            head = new Node { Next = head, Name = "node " + i, Values = new long[i % 24] };
            if (i % 64 == 63)
            {
                s_kept.Add(head);
                head = null;
            }
        }
        for (int i = 0; i < 16; i++)
        {
            int n = i;
            new Watcher("holder-" + i, () => { lock (s_domes[n]) Locks.Doze(); }, true, 256 << 10).Blocked();
        }
        for (int i = 0; i < 40; i++)
        {
            int n = i;
            new Watcher("queuer-" + i, () => Queue(n), true, 256 << 10).Blocked();
        }
        for (int i = 0; i < 8; i++)
            new Watcher("handler-" + i, Handle, true, 256 << 10).Blocked();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Queue(int n) { lock (s_domes[n % 16]) s_domes[n % 16].Turns++; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Handle()
    {
        try { throw new SkyException("clouds", new TimeoutException("no stars")); }
        catch (SkyException) { Shapes.Block(); }
    }
}
