// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Observatory;

public sealed class SkyException(string message, Exception inner) : Exception(message, inner)
{
    public string Sector { get; } = "M31";
    public int Plate { get; } = 4711;
    public override string ToString() => "SkyException " + Sector + Plate;
}

internal static class Crashes
{
    private static Fault Add(string type, string? message, int parent, Watcher? thread, params Frame[] frames)
    {
        var f = new Fault(type, message, parent, thread, new List<Frame>(frames), new Dictionary<string, string>());
        Watch.Faults.Add(f);
        return f;
    }

    private static void Die(string name, Action<Watcher> body, int stack = 0)
    {
        Watcher? self = null;
        using var known = new ManualResetEventSlim();
        self = new Watcher(name, () => { known.Wait(); body(self!); }, true, stack);
        known.Set();
        Thread.Sleep(Timeout.Infinite);
    }

    public static void Unhandled()
    {
        Watch.Rule = "crash.clr-exception";
        new Watcher("bystander", Shapes.Block).Blocked("event-slim");
        Watch.Blame = "Observatory.Crashes.Survey";
        Die("survey", self => { Mark.At("Observatory.Crashes.Unhandled.lambda"); Survey(self); Mark.Out(); });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Survey(Watcher self)
    {
        try
        {
            Develop(3);
        }
        catch (Exception e)
        {
            Frame here = Mark.Here();
            Add("Observatory.SkyException", "the survey of M31 failed", -1, self, new Frame("Observatory.Crashes.Survey", here.Line + 8));
            Add("System.AggregateException", null, 0, null);
            Add("System.InvalidOperationException", "the plate is blank", 1, null, new Frame("Observatory.Crashes.Develop", 0), new Frame("Observatory.Crashes.Expose", 0));
            var lost = Add("System.IO.FileNotFoundException", null, 1, null);
            lost.Fields["file"] = "/observatory/plates/none.fits";
            lost.HResult = unchecked((int)0x80070002);
            Mark.At(null, "", nameof(Survey), "Crashes.cs", here.Line + 8); Watch.Ready();
            throw new SkyException("the survey of M31 failed", new AggregateException("two plates", e, Lost()));
        }
    }

    private static Exception Lost()
    {
        try { File.OpenRead("/observatory/plates/none.fits").Dispose(); }
        catch (IOException) { }
        return new FileNotFoundException("no such plate", "/observatory/plates/none.fits");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Develop(int n)
    {
        if (n > 0)
            Develop(n - 1);
        else
            Expose(null);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Expose(object? plate) => throw new InvalidOperationException("the plate is blank");

    public static void AsyncVoid()
    {
        Watch.Rule = "crash.clr-exception";
        Alarm();
        Thread.Sleep(Timeout.Infinite);
    }

    private static async void Alarm()
    {
        await Task.Delay(50);
        // thrown again on whatever thread of the pool comes by
        var f = Add("System.ArgumentOutOfRangeException", null, -1, null, Mark.Here("Observatory.Crashes.Alarm (async)"));
        f.Fields["parameter"] = "angle";
        f.Frames[0] = Mark.Here("Observatory.Crashes.Alarm (async)"); Watch.Ready(); throw new ArgumentOutOfRangeException("angle", 91, "above the horizon only");
    }

    public static void Null()
    {
        Watch.Rule = "crash.clr-exception";
        Watch.Blame = "Observatory.Crashes.Point";
        Die("pointer", self => { Mark.At("Observatory.Crashes.Null.lambda"); Point(null!, self); });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Point(Dome dome, Watcher self)
    {
        Mark.At(); Tell(self); return dome.Turns;
    }

    private static void Tell(Watcher self)
    {
        Add("System.NullReferenceException", null, -1, self, self.Frames.ToArray()).HResult = unchecked((int)0x80004003);
        Watch.Ready();
    }

    /// <summary>Caught and thrown again, by throw and by ExceptionDispatchInfo, on its way out.</summary>
    public static void Rethrow()
    {
        Watch.Rule = "crash.clr-exception";
        Die("relay", self => { Mark.At("Observatory.Crashes.Rethrow.lambda"); Relay(self); Mark.Out(); });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Relay(Watcher self)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? kept = null;
        try { Expose(null); }
        catch (InvalidOperationException e) { kept = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e); }
        Add("System.InvalidOperationException", "the plate is blank", -1, self, new Frame("Observatory.Crashes.Expose", 0));
        Watch.Ready();
        kept.Throw();
    }

    public static void FailFast()
    {
        Watch.Rule = "crash.fail-fast";
        Watch.Says = "the dome is on fire";
        Watch.Blame = "Observatory.Crashes.Stop";
        Die("director", self => Stop());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Stop()
    {
        Mark.At(); Watch.Ready(); Environment.FailFast("the dome is on fire", new InvalidDataException("smoke in the lens"));
    }

    /// <summary>With a text that is made at run time, and no exception.</summary>
    public static void FailFastPlain()
    {
        Watch.Rule = "crash.fail-fast";
        Watch.Blame = "Observatory.Crashes.StopPlain";
        string text = "plate " + Environment.CurrentManagedThreadId + " is cracked";
        Watch.Says = text;
        Die("director", self => StopPlain(text));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StopPlain(string text)
    {
        Mark.At(); Watch.Ready(); Environment.FailFast(text);
    }

    public static void StackOverflow()
    {
        Watch.Rule = "crash.stack-overflow";
        Die("cataloguer", self => { Watch.Ready(); Sort(1, 2); }, 1 << 20);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Sort(int a, long b) => Split(a + 1, b) + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Split(int a, long b) => Sort(a + 1, b + a) - 1;

    /// <summary>Needs a small DOTNET_GCHeapHardLimit.</summary>
    public static void OutOfMemory()
    {
        Watch.Rule = "crash.out-of-memory";
        Watch.Blame = "Observatory.Crashes.Hoard";
        Die("archivist", self => { Mark.At("Observatory.Crashes.OutOfMemory.lambda"); Hoard(self); });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Hoard(Watcher self)
    {
        var hoard = new List<byte[]>();
        Mark.At(null, "", nameof(Hoard), "Crashes.cs", Mark.Here().Line + 4);
        Add("System.OutOfMemoryException", null, -1, self, self.Frames.ToArray()).HResult = unchecked((int)0x8007000e);
        Watch.Ready();
        while (true)
            hoard.Add(new byte[2 << 20]);
    }
}
