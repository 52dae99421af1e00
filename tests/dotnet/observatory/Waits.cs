// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Observatory;

internal static class Waits
{
    private static readonly List<object> s_kept = new();

    /// <summary>A healthy service with nothing to do: queues, timers, the pool, a listener that nobody calls.</summary>
    public static void Idle()
    {
        var queue = new BlockingCollection<string>();
        new Watcher("plate-queue", () => { foreach (string s in queue.GetConsumingEnumerable()) Console.WriteLine(s); }).Blocked();
        var wake = new AutoResetEvent(false);
        new Watcher("weather", () => { while (!wake.WaitOne(TimeSpan.FromMinutes(5))) { } }).Blocked();
        new Watcher("clock", () => { while (true) Thread.Sleep(60000); }).Blocked();
        s_kept.Add(new Timer(_ => GC.KeepAlive(queue), null, 10, 60000));
        s_kept.Add(new System.Timers.Timer(100000) { Enabled = true });
        var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        socket.Listen();
        s_kept.Add(socket.AcceptAsync());
        s_kept.Add(Task.Run(async () => { while (true) await Task.Delay(30000); }));
        for (int i = 0; i < 3; i++)
            ThreadPool.QueueUserWorkItem(_ => Thread.Sleep(20));
        try { throw new FormatException("caught, and of no consequence"); } catch (FormatException) { }
        Watch.Calm = true;
        Thread.Sleep(700);
    }

    private static readonly ManualResetEventSlim s_gate = new();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Hold(object? workers)
    {
        lock (s_kept)
            s_kept.Add(new Watcher());
        Mark.At(); s_gate.Wait();
        Mark.Out();
    }

    /// <summary>Every worker of the pool that there may be waits, and work is queued behind them.</summary>
    public static void Pool()
    {
        int n = Math.Max(4, Environment.ProcessorCount);
        ThreadPool.SetMinThreads(n, 1);
        ThreadPool.SetMaxThreads(n, n);
        for (int i = 0; i < n; i++)
            ThreadPool.UnsafeQueueUserWorkItem(Hold, null);
        for (int i = 0; i < 500 && Watch.Watchers.Count < n; i++)
            Thread.Sleep(10);
        for (int i = 0; i < 20; i++)
            ThreadPool.UnsafeQueueUserWorkItem(_ => Console.WriteLine("never"), null);
        foreach (Watcher w in Watch.Watchers)
            w.Calm();
        Watch.Rule = "hang.threadpool-starvation";
        Watch.Pool = (n, 20);
    }

    /// <summary>Threads that wait for tasks and for each other.</summary>
    public static void Tasks()
    {
        var never = new TaskCompletionSource<int>();
        var lazy = new Lazy<int>(() => { Mark.At("Observatory.Waits.Tasks.lambda"); int n = Shapes.BlockInt(); Mark.Out(); return n; });
        new Watcher("result", () => Result(never.Task)).Blocked("task", never.Task);
        new Watcher("wait", () => Wait(never.Task)).Blocked("task", never.Task);
        new Watcher("get-result", () => GetResult(never.Task)).Blocked("task", never.Task);
        new Watcher("wait-all", () => WaitAll(never.Task, Task.CompletedTask)).Blocked();
        var sleeper = new Watcher("sleeper", Locks.Doze).Blocked("sleep");
        new Watcher("joiner", () => Join(sleeper.Thread!)).Blocked();
        new Watcher("lazy-first", () => GC.KeepAlive(lazy.Value)).Blocked();
        new Watcher("lazy-second", () => Value(lazy)).Blocked();
        using var child = System.Diagnostics.Process.Start("sleep", "95");
        new Watcher("parent", () => AwaitChild(child)).Blocked("child").Child = child.Id;
        Watcher? pool = null;
        Task.Run(() => { pool = new Watcher(); Mark.At("Observatory.Waits.Tasks.lambda_9"); GetResult(never.Task); Mark.Out(); });
        for (int i = 0; i < 100 && pool == null; i++)
            Thread.Sleep(10);
        pool?.Calm();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Result(Task<int> t) { Mark.At(); return t.Result; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wait(Task t) { Mark.At(); t.Wait(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int GetResult(Task<int> t) { Mark.At(); return t.GetAwaiter().GetResult(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitAll(params Task[] all) { Mark.At(); Task.WaitAll(all); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AwaitChild(System.Diagnostics.Process child)
    {
        Mark.At(); child.WaitForExit(); Mark.Out();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Join(Thread t) { Mark.At(); t.Join(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Value(Lazy<int> l) { Mark.At(); return l.Value; }
}
