// SPDX-License-Identifier: Apache-2.0
// The program of check-dotnet: `Observatory SCENARIO [NUMBER]` gets into a state, or dies, and says on one
// line of JSON what a report must know. See Watch.cs for what the line holds.
using Observatory;

string scenario = args.Length > 0 ? args[0] : "";
Watch.Number = args.Length > 1 ? int.Parse(args[1]) : 0;
Watch.Begin(scenario);
switch (scenario)
{
    case "idle": Waits.Idle(); break;
    case "deadlock": Locks.Deadlock(2); break;
    case "deadlock3": Locks.Deadlock(3); break;
    case "chain": Locks.Chain(); break;
    case "lock": Locks.LockObjects(); break;
    case "slim": Locks.Slim(); break;
    case "waits": Waits.Tasks(); break;
    case "pool": Waits.Pool(); break;
    case "cctor": Locks.StaticConstructor(); break;
    case "cctor-deadlock": Locks.StaticConstructorDeadlock(); break;
    case "cctor-cycle": Locks.StaticConstructorCycle(); break;
    case "cctor-task": Locks.StaticConstructorTask(); break;
    case "task-lock": Locks.TaskDeadlock(); break;
    case "finalizer": Locks.Finalizer(); break;
    case "mixed": Native.Mixed(); break;
    case "native": Native.Calls(); break;
    case "gc-held": Native.Suspended(); break;
    case "native-crash": Native.Crash(); break;
    case "unhandled": Crashes.Unhandled(); break;
    case "async-void": Crashes.AsyncVoid(); break;
    case "null": Crashes.Null(); break;
    case "rethrow": Crashes.Rethrow(); break;
    case "fail-fast": Crashes.FailFast(); break;
    case "fail-fast-plain": Crashes.FailFastPlain(); break;
    case "stack-overflow": Crashes.StackOverflow(); break;
    case "oom": Crashes.OutOfMemory(); break;
    case "shapes": Shapes.Run(); break;
    case "async": Async.Run(); break;
    case "many": Load.Many(); break;
    case "busy": Load.Busy(); break;
    case "heap": Load.Heap(); break;
    default: Console.Error.WriteLine("no such scenario"); return 2;
}
Mark.At("Program.Main"); Watch.ReadyAndPark();
return 0;
