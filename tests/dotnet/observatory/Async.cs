// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Observatory;

/// <summary>Asynchronous methods that block a thread, before and behind an await.</summary>
internal static class Async
{
    private static int s_started;

    private static void Start(string name, Func<Task> body)
    {
        new Watcher(name, () => { _ = body(); }).Blocked("event-slim");
    }

    /// <summary>Behind an await it is a thread of the pool that blocks.</summary>
    private static void StartPool(Func<Task> body)
    {
        int n = Watch.Watchers.Count;
        _ = body();
        s_started++;
        for (int i = 0; i < 300; i++)
        {
            lock (Watch.Watchers)
                if (Watch.Watchers.Count > n)
                    break;
            Thread.Sleep(10);
        }
        Watch.Watchers[n].Calm();
    }

    public static void Run()
    {
        ThreadPool.SetMinThreads(16, 2);
        Start("async-first-part", () => First(1));
        Start("async-value-task", async () => await Value(1));
        Start("async-generic", () => Generic<int, string>(1, "x"));
        Start("async-in-try", InTry);
        Start("async-iterator", Each);
        StartPool(Second);
        StartPool(Nested);
        StartPool(() => Local(4));
        StartPool(Lambda);
    }

    private static Task Lambda()
    {
        Func<Task> f = async () => { await Task.Delay(20).ConfigureAwait(false); new Watcher(); Mark.At("Observatory.Async.Lambda.lambda (async)"); Shapes.Block(); Mark.Out(); };
        return f();
    }

    private static async Task First(int n)
    {
        Mark.At(null, " (async)"); Shapes.Block(); Mark.Out();
        await Task.Delay(n);
    }

    private static async ValueTask<int> Value(int n)
    {
        Mark.At(null, " (async)"); int m = Shapes.BlockInt();
        await Task.Delay(n);
        return m;
    }

    private static async Task<T> Generic<T, TU>(T t, TU u)
    {
        Mark.At("Observatory.Async.Generic<int, __Canon> (async)"); Shapes.Block(); Mark.Out();
        await Task.Delay(1);
        return t;
    }

    private static async Task InTry()
    {
        try { Mark.At(null, " (async)"); Shapes.Block(); Mark.Out(); await Task.Delay(1); }
        finally { GC.KeepAlive(s_started); }
    }

    private static async Task Each()
    {
        Mark.At(null, " (async)"); await foreach (int n in Items())
            GC.KeepAlive(n);
    }

    private static async IAsyncEnumerable<int> Items()
    {
        Mark.At(null, " (async iterator)"); yield return Shapes.BlockInt();
        await Task.Delay(1);
    }

    private static async Task Second()
    {
        await Task.Delay(20);
        new Watcher(); Mark.At(null, " (async)"); Shapes.Block(); Mark.Out();
    }

    private static async Task Nested()
    {
        await Task.Yield();
        new Watcher(); Mark.At(null, " (async)"); await First(2);
    }

    private static async Task Local(int n)
    {
        await Inner();

        async Task Inner()
        {
            await Task.Delay(n);
            new Watcher(); Mark.At("Observatory.Async.Local.Inner (local, async)"); Shapes.Block(); Mark.Out();
        }
    }
}
