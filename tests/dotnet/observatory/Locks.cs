// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Observatory;

internal sealed class Dome
{
    public required string Name;
    public long Turns;
}

internal sealed class Mirror : object { public double Focus; }

internal static class Locks
{
    /// <summary>Threads of a ring: each holds a dome and wants the next one's; others queue, sleep and wait.</summary>
    public static void Deadlock(int n)
    {
        var domes = new Dome[n];
        var ring = new Watcher[n];
        using var held = new CountdownEvent(n);
        for (int i = 0; i < n; i++)
            domes[i] = new Dome { Name = "dome " + i };
        for (int i = 0; i < n; i++)
        {
            Dome mine = domes[i], next = domes[(i + 1) % n];
            ring[i] = new Watcher("dome-driver-" + i, () => Hold(mine, next, held));
        }
        foreach (Watcher w in ring)
            w.Blocked("monitor");
        var queue = new[] { new Watcher("visitor-early", () => Visit(domes[0])).Blocked("monitor", domes[0]), new Watcher("visitor-late", () => Visit(domes[0])).Blocked("monitor", domes[0]) };
        new Watcher("night-guard", Doze).Blocked("sleep");
        new Watcher("telephone", Shapes.Block).Blocked("event-slim");
        for (int i = 0; i < n; i++)
        {
            Watcher before = ring[(i + n - 1) % n];
            before.WaitsFor = domes[i];
            Watch.Lock(domes[i], "monitor", ring[i], 1, i == 0 ? new[] { before, queue[0], queue[1] } : new[] { before });
        }
        Watch.Cycle.AddRange(ring);
        Watch.Rule = "hang.deadlock";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Hold(Dome mine, Dome next, CountdownEvent held)
    {
        lock (mine)
        {
            held.Signal();
            held.Wait();
            Mark.At(); Turn(next); Mark.Out();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Turn(Dome other)
    {
        Mark.At(); lock (other)
            other.Turns++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Visit(Dome d)
    {
        Mark.At(); Monitor.Enter(d); d.Turns--;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Doze()
    {
        Mark.At(); Thread.Sleep(Timeout.Infinite); Mark.Out();
    }

    /// <summary>Three wait one behind the other; the head entered its lock three times and sleeps.</summary>
    public static void Chain()
    {
        Mirror a = new(), b = new(), c = new(), d = new();
        var head = new Watcher("polisher", () => { lock (a) lock (a) lock (a) Doze(); }).Blocked("sleep");
        var second = new Watcher("aligner", () => { lock (b) Want(a); }).Blocked("monitor", a);
        var third = new Watcher("observer", () => { lock (c) Want(b); }).Blocked("monitor", b);
        var fourth = new Watcher("clerk", () => { lock (d) Want(c); }).Blocked("monitor", c);
        Watch.Rule = "hang.lock-owner-blocked";
        Watch.Lock(a, "monitor", head, 3, second);
        Watch.Lock(b, "monitor", second, 1, third);
        Watch.Lock(c, "monitor", third, 1, fourth);
        Watch.Lock(d, "monitor", fourth, 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Want(object o)
    {
        Mark.At(); lock (o)
            GC.KeepAlive(o);
    }

    /// <summary>A ring of two over System.Threading.Lock (9 and later), and one who tries with a time limit.</summary>
    public static void LockObjects()
    {
#if NET9_0_OR_GREATER
        Lock day = new(), night = new();
        using var held = new CountdownEvent(2);
        var a = new Watcher("day-shift", () => HoldLock(day, night, held));
        var b = new Watcher("night-shift", () => HoldLock(night, day, held));
        a.Blocked("clr-lock", night);
        b.Blocked("clr-lock", day);
        var c = new Watcher("inspector", () => TryFor(day)).Blocked("clr-lock", day);
        Watch.Lock(day, "clr-lock", a, 1, b, c);
        Watch.Lock(night, "clr-lock", b, 1, a);
        Watch.Cycle.AddRange(new[] { a, b });
        Watch.Rule = "hang.deadlock";
#endif
    }

#if NET9_0_OR_GREATER
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldLock(Lock mine, Lock other, CountdownEvent held)
    {
        lock (mine)
        {
            held.Signal();
            held.Wait();
            Mark.At(); other.Enter(); GC.KeepAlive(mine);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TryFor(Lock l)
    {
        Mark.At(); l.TryEnter(TimeSpan.FromHours(2)); Mark.Out();
    }
#endif

    /// <summary>The slim family, and Monitor.Wait.</summary>
    public static void Slim()
    {
        var semaphore = new SemaphoreSlim(0, 4);
        var atlas = new ReaderWriterLockSlim();
        var dawn = new ManualResetEventSlim();
        var count = new CountdownEvent(3);
        var news = new Mirror();
        var mutex = new Mutex();
        var auto = new AutoResetEvent(false);
        new Watcher("semaphore", () => { Mark.At("Observatory.Locks.Slim.lambda"); semaphore.Wait(); Mark.Out(); }).Blocked("semaphore-slim", semaphore);
        var writer = new Watcher("atlas-writer", () => { atlas.EnterWriteLock(); Doze(); }).Blocked("sleep");
        var reader = new Watcher("atlas-reader", () => Read(atlas)).Blocked("rwlock-slim", atlas);
        var second = new Watcher("atlas-second", () => Rewrite(atlas)).Blocked("rwlock-slim", atlas);
        new Watcher("dawn", () => WaitDawn(dawn)).Blocked("event-slim", dawn);
        new Watcher("countdown", () => WaitCount(count)).Blocked("countdown", count);
        new Watcher("pulse", () => WaitPulse(news)).Blocked("monitor-wait", news);
        new Watcher("mutex-owner", () => { mutex.WaitOne(); Doze(); }).Blocked("sleep");
        new Watcher("mutex-waiter", () => WaitHandleOne(mutex)).Blocked(null, mutex);
        new Watcher("auto-event", () => WaitHandleOne(auto)).Blocked("event", auto);
        new Watcher("any-of-two", () => WaitHandleAny(auto, mutex)).Blocked();
        Watch.Lock(semaphore, "semaphore-slim", null, 0);
        Watch.Lock(atlas, "rwlock-slim", writer, 0, reader, second);
        Watch.Rule = "hang.lock-owner-blocked";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitSemaphore(SemaphoreSlim s) { Mark.At(); s.Wait(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Read(ReaderWriterLockSlim l) { Mark.At(); l.EnterReadLock(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rewrite(ReaderWriterLockSlim l) { Mark.At(); l.EnterWriteLock(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitDawn(ManualResetEventSlim e) { Mark.At(); e.Wait(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitCount(CountdownEvent e) { Mark.At(); e.Wait(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitPulse(object o)
    {
        lock (o)
        {
            Mark.At(); Monitor.Wait(o); Mark.Out();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitHandleOne(WaitHandle h) { Mark.At(); h.WaitOne(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitHandleAny(WaitHandle a, WaitHandle b) { Mark.At(); WaitHandle.WaitAny(new[] { a, b }); Mark.Out(); }

    /// <summary>One thread is in a static constructor for ever, two more want the class.</summary>
    public static void StaticConstructor()
    {
        var first = new Watcher("first-light", () => { Mark.At("Observatory.Locks.StaticConstructor.lambda"); Almanac.Look(); }).Blocked("sleep");
        var second = new Watcher("second-light", () => { Mark.At("Observatory.Locks.StaticConstructor.lambda_1"); Almanac.Look(); }).Calm("class-init");
        var third = new Watcher("third-light", () => { Mark.At("Observatory.Locks.StaticConstructor.lambda_2"); Almanac.Look(); }).Calm("class-init");
        Watch.ClassLock(typeof(Almanac), first, second, third);
        Watch.Rule = "hang.lock-owner-blocked";
    }

    private static class Almanac
    {
        private static readonly int s_year;

        static Almanac()
        {
            Mark.At("Observatory.Locks.Almanac..cctor"); Doze();
            s_year = 1;
        }

        public static int Look() => s_year;
    }

    /// <summary>A static constructor wants a monitor whose owner wants the class.</summary>
    public static void StaticConstructorDeadlock()
    {
        Gate = new Dome { Name = "gate" };
        using var held = new CountdownEvent(2);
        Held = held;
        var keeper = new Watcher("keeper", () => { lock (Gate) { Held.Signal(); Held.Wait(); Mark.At("Observatory.Locks.StaticConstructorDeadlock.lambda"); Tables<string>.Look(); } });
        var printer = new Watcher("printer", () => { Mark.At("Observatory.Locks.StaticConstructorDeadlock.lambda_1"); Tables<string>.Look(); }).Blocked("monitor", Gate);
        keeper.Calm("class-init");
        Watch.Lock(Gate, "monitor", keeper, 1, printer);
        Watch.ClassLock(typeof(Tables<string>), printer, keeper);
        Watch.Cycle.AddRange(new[] { keeper, printer });
        Watch.Rule = "hang.deadlock";
    }

    private static Dome? Gate;
    private static CountdownEvent? Held;
    private static volatile bool Passed; // the second thread is through with the first one's class

    private static class Tables<T>
    {
        private static readonly long s_turns;

        static Tables()
        {
            Held!.Signal();
            Held.Wait();
            Thread.Sleep(300);
            Mark.At("Observatory.Locks.Tables<__Canon>..cctor"); Want(Gate!);
            s_turns = Gate!.Turns;
        }

        public static long Look() => s_turns;
    }

    /// <summary>A static constructor waits for a task, whose thread of the pool wants the class.</summary>
    public static void StaticConstructorTask()
    {
        var loader = new Watcher("loader", () => { Mark.At("Observatory.Locks.StaticConstructorTask.lambda"); Plates.Look(); }).Blocked("task");
        Watcher helper = Helper().Calm("class-init");
        Watch.ClassLock(typeof(Plates), loader, helper);
        Watch.Cycle.AddRange(new[] { loader, helper });
        Watch.Rule = "hang.deadlock";
    }

    private static class Plates
    {
        private static readonly int s_count;

        static Plates()
        {
            Mark.At("Observatory.Locks.Plates..cctor"); s_count = Task.Run(Help).Result;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static int Look() => s_count;
    }

    /// <summary>No method of Plates: it would wait for the class before its first line.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Help()
    {
        s_helper = new Watcher();
        Mark.At(); return Plates.Look() + 1;
    }

    /// <summary>Who holds a monitor waits for a task that wants it.</summary>
    public static void TaskDeadlock()
    {
        var dome = new Dome { Name = "dome" };
        var boss = new Watcher("boss", () => { lock (dome) { Mark.At("Observatory.Locks.TaskDeadlock.lambda"); Task.Run(() => { s_helper = new Watcher(); Want(dome); }).Wait(); Mark.Out(); } }).Blocked("task");
        Watcher helper = Helper().Calm("monitor");
        Watch.Lock(dome, "monitor", boss, 1, helper);
        Watch.Cycle.AddRange(new[] { boss, helper });
        Watch.Rule = "hang.deadlock";
    }

    private static volatile Watcher? s_helper;

    private static Watcher Helper()
    {
        while (s_helper == null)
            Thread.Sleep(10);
        return s_helper;
    }

    /// <summary>Two static constructors that want each other's class: the runtime lets the second one through, which sleeps.</summary>
    public static void StaticConstructorCycle()
    {
        using var held = new CountdownEvent(2);
        Held = held;
        var east = new Watcher("east", () => East.Look());
        var west = new Watcher("west", () => West.Look());
        while (!Passed)
            Thread.Sleep(10);
        east.Calm("class-init");
        west.Calm("sleep");
        Watch.ClassLock(typeof(West), west, east);
        Watch.Warning = "hang.lock-owner-blocked";
    }

    private static class East
    {
        public static readonly int Year;

        static East()
        {
            Held!.Signal();
            Held.Wait();
            Mark.At("Observatory.Locks.East..cctor"); Year = West.Look();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static int Look() => Year;
    }

    private static class West
    {
        public static readonly int Year;

        static West()
        {
            Held!.Signal();
            Held.Wait();
            Thread.Sleep(500);
            Year = East.Look() + 1;
            Passed = true;
            Mark.At("Observatory.Locks.West..cctor"); Doze();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static int Look() => Year;
    }

    /// <summary>The finalizer waits for a lock whose holder sleeps.</summary>
    public static void Finalizer()
    {
        var gate = new Dome { Name = "gate" };
        var owner = new Watcher("gatekeeper", () => { lock (gate) Doze(); }).Blocked("sleep");
        Leave(gate);
        for (int i = 0; i < 20 && Plate.Finalizer == null; i++)
        {
            GC.Collect();
            Thread.Sleep(50);
        }
        Thread.Sleep(300);
        Watch.Rule = "hang.finalizer-blocked";
        Watch.Lock(gate, "monitor", owner, 1, Plate.Finalizer!.Calm());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Leave(Dome gate)
    {
        for (int i = 0; i < 100; i++)
            new Plate(gate).Expose();
    }

    private sealed class Plate(Dome gate)
    {
        public static volatile Watcher? Finalizer;

        public void Expose() => gate.Turns++;

        ~Plate()
        {
            Finalizer = new Watcher();
            Mark.At("Observatory.Locks.Plate.Finalize"); lock (gate)
                gate.Turns--;
        }
    }
}
