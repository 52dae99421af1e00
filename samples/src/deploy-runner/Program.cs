// SPDX-License-Identifier: Apache-2.0
// A make-believe deployment runner: it fetches a package, unpacks it and runs a script on each machine of a plan.
// One step reads a manifest that the package does not have. Nobody catches what comes of it, and the process ends.
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace DeployRunner;

public sealed class StepFailedException : Exception
{
    public string Step { get; }
    public int ExitCode { get; }

    public StepFailedException(string step, int exitCode, Exception inner)
        : base($"Step '{step}' failed with exit code {exitCode}.", inner)
    {
        Step = step;
        ExitCode = exitCode;
        HResult = unchecked((int)0x80131f10);
    }
}

public sealed record Package(string Id, string Version);

/// Machines report here; the lock is held while a line is written.
public sealed class DeploymentLog
{
    private readonly object gate = new();
    private readonly List<string> lines = new();

    public void Write(string line)
    {
        lock (gate)
            lines.Add(line);
    }
}

public static class PackageStore
{
    public static string ReadManifest(Package package)
    {
        string path = Path.Combine("/opt/demo/packages", package.Id, package.Version, "manifest.json");
        return File.ReadAllText(path);
    }
}

public sealed class Step
{
    private readonly DeploymentLog log;

    public Step(DeploymentLog log) => this.log = log;

    public async Task<int> InstallAsync(Package package, string machine)
    {
        log.Write($"{machine}: installing {package.Id} {package.Version}");
        await Task.Delay(20);
        return Unpack(package).Count;
    }

    private static List<string> Unpack(Package package)
    {
        try
        {
            return new List<string>(PackageStore.ReadManifest(package).Split('\n'));
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"Package {package.Id} {package.Version} has no manifest.", e);
        }
    }
}

public static class Program
{
    private static readonly DeploymentLog Log = new();
    private static readonly ManualResetEventSlim Finished = new(false);

    private static void RunPlan(object? machine)
    {
        var step = new Step(Log);
        try
        {
            step.InstallAsync(new Package("shop.web", "3.2.1"), (string)machine!).GetAwaiter().GetResult();
        }
        catch (InvalidOperationException e)
        {
            throw new StepFailedException("install", 100, e);
        }
    }

    private static void Heartbeat()
    {
        while (!Finished.Wait(TimeSpan.FromSeconds(1)))
            Log.Write("alive");
    }

    public static void Main()
    {
        new Thread(Heartbeat) { Name = "heartbeat", IsBackground = true }.Start();
        for (int i = 1; i <= 3; i++)
            new Thread(() => Finished.Wait()) { Name = $"machine-0{i}", IsBackground = true }.Start();
        Thread.Sleep(300);
        var runner = new Thread(RunPlan) { Name = "plan-runner" };
        runner.Start("web-02");
        runner.Join();
    }
}
