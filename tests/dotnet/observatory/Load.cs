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

    private static long s_sum;
    private static readonly Dictionary<string, long> s_words = new();

    /// <summary>Threads that run: stopped at any instruction, in code that is compiled anew while they do.</summary>
    public static void Busy()
    {
        Start("fibonacci", () => s_sum += Fibonacci(24));
        Start("thrower", () => Throw(6));
        Start("counter", () => Count("word"));
        Start("sorter", () => Array.Sort(new int[2000], (a, b) => b - a));
        Start("locker", () => { lock (s_domes) s_sum += Fibonacci(3); });
        Start("formatter", () => s_sum += $"{s_sum:x} {s_sum / 3.0:f2}".Length);
        Thread.Sleep(1500);
    }

    private static void Start(string name, Action step)
    {
        new Watcher(name, () => Spin(step));
        Thread.Sleep(20);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Spin(Action step)
    {
        Mark.Frames.Add(new Frame("Observatory.Load.Spin", 0)); // any line of it
        while (true)
            step();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Fibonacci(int n) => n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(int depth)
    {
        try
        {
            if (depth == 0)
                throw new FormatException("thrown all the time");
            Throw(depth - 1);
        }
        catch (FormatException) when (depth == 6) { s_sum++; }
        finally { s_sum--; }
    }

    private static void Count(string word)
    {
        lock (s_words)
            s_words[word] = s_words.TryGetValue(word, out long n) ? n + 1 : 1;
    }
}
