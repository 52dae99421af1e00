// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Observatory;

internal struct Star
{
    public double Magnitude;
    [MethodImpl(MethodImplOptions.NoInlining)] public int Shine(int n) { Mark.At("Observatory.Star.Shine"); return Shapes.BlockInt() + n; }
    [MethodImpl(MethodImplOptions.NoInlining)] public static Star operator +(Star a, Star b) { Mark.At("Observatory.Star.op_Addition"); Shapes.Block(); Mark.Out(); return a; }
    [MethodImpl(MethodImplOptions.NoInlining)] public static explicit operator int(Star s) { Mark.At("Observatory.Star.op_Explicit"); return Shapes.BlockInt(); }
    [MethodImpl(MethodImplOptions.NoInlining)] public override string ToString() { Mark.At("Observatory.Star.ToString"); Shapes.Block(); Mark.Out(); return ""; }
}

internal sealed class Lens<TIn, TOut>
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public TOut Focus<TContext>(TIn input, TContext context, Func<TIn, TOut> step, string name) { Mark.At(name); return step(input); }
}

internal class Outer<T>
{
    internal class Inner<TU>
    {
        [MethodImpl(MethodImplOptions.NoInlining)] public void Go(string name) { Mark.At(name); Shapes.Block(); Mark.Out(); }
        [MethodImpl(MethodImplOptions.NoInlining)] public static void Static(string name) { Mark.At(name); Shapes.Block(); Mark.Out(); }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] public virtual void Virtual<TV>(string name) { Mark.At(name); Shapes.Block(); Mark.Out(); }
}

internal interface ISight
{
    int Explicit();
    [MethodImpl(MethodImplOptions.NoInlining)] int Default() { Mark.At("Observatory.ISight.Default"); return Shapes.BlockInt(); }
    static abstract int Abstract();
}

internal sealed class Sight : ISight
{
    [MethodImpl(MethodImplOptions.NoInlining)] int ISight.Explicit() { Mark.At("Observatory.Sight.Observatory.ISight.Explicit"); return Shapes.BlockInt(); }
    [MethodImpl(MethodImplOptions.NoInlining)] public static int Abstract() { Mark.At("Observatory.Sight.Abstract"); return Shapes.BlockInt(); }
    public int Width
    {
        [MethodImpl(MethodImplOptions.NoInlining)] get { Mark.At("Observatory.Sight.get_Width"); return Shapes.BlockInt(); }
        [MethodImpl(MethodImplOptions.NoInlining)] set { Mark.At("Observatory.Sight.set_Width"); Shapes.Block(); Mark.Out(); }
    }
    public int this[int i] { [MethodImpl(MethodImplOptions.NoInlining)] get { Mark.At("Observatory.Sight.get_Item"); return Shapes.BlockInt(); } }
    public event Action Seen { add { Mark.At("Observatory.Sight.add_Seen"); Shapes.Block(); Mark.Out(); } remove { } }
    public Sight() { }
    [MethodImpl(MethodImplOptions.NoInlining)] public Sight(int n) { Mark.At("Observatory.Sight..ctor"); Shapes.Block(); Mark.Out(); }
}

/// <summary>A second copy of the assembly is loaded in a context that can be unloaded; it must not use Mark of this one.</summary>
public static class Guest
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Enter(Action<int> at) { at(new System.Diagnostics.StackFrame(0, true).GetFileLineNumber()); GC.KeepAlive(at); }
}

/// <summary>One thread for each kind of method that is hard to name.</summary>
internal static class Shapes
{
    private static readonly ManualResetEventSlim s_never = new(false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Block() { Mark.At(); s_never.Wait(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int BlockInt() { Mark.At(); Block(); Mark.Out(); return 1; }

    private static void Start(string name, Action body) => new Watcher(name, body).Blocked("event-slim");

    public static void Run()
    {
        if (RuntimeFeature.IsDynamicCodeSupported)
            Emitted();
        Generics();
        Lambdas();
        Members();
        Handlers();
        Start("iterator", () => { foreach (int n in Plates(2)) GC.KeepAlive(n); });
        Start("iterator-nested", () => { foreach (int n in Outer()) GC.KeepAlive(n); });
        Start("linq", Linq);
        Start("for-each", OnThis);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Linq() { Mark.At(); GC.KeepAlive(Enumerable.Range(0, 3).Where(n => { Mark.At("Observatory.Shapes.Linq.lambda"); return BlockInt() > n; }).ToList()); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OnThis() { Mark.At(); Array.ForEach(new[] { 1 }, One); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void One(int n) { Mark.At(); Block(); Mark.Out(); }

    private static void Emitted()
    {
        MethodInfo block = typeof(Shapes).GetMethod(nameof(BlockInt))!;
        var m = new DynamicMethod("Grind", typeof(int), Type.EmptyTypes, typeof(Shapes).Module, true);
        ILGenerator il = m.GetILGenerator();
        il.Emit(OpCodes.Call, block);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ret);
        var grind = m.CreateDelegate<Func<int>>();
        Start("dynamic-method", () => { Mark.At("Observatory.Shapes.Emitted.lambda"); Mark.Frames.Add(new Frame("DynamicClass.Grind (dynamic)", 0)); grind(); });

        var lambda = Expression.Lambda<Func<int>>(Expression.Add(Expression.Call(block), Expression.Constant(2))).Compile();
        Start("expression", () => { Mark.At("Observatory.Shapes.Emitted.lambda_1"); Mark.Frames.Add(new Frame("DynamicClass.lambda_method1 (dynamic)", 0)); lambda(); });

        TypeBuilder t = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Forge"), AssemblyBuilderAccess.RunAndCollect).DefineDynamicModule("Forge").DefineType("Forge.Anvil", TypeAttributes.Public);
        il = t.DefineMethod("Strike", MethodAttributes.Public | MethodAttributes.Static, null, new[] { typeof(Action) }).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Callvirt, typeof(Action).GetMethod("Invoke")!);
        il.Emit(OpCodes.Nop);
        il.Emit(OpCodes.Ret);
        var strike = t.CreateType().GetMethod("Strike")!.CreateDelegate<Action<Action>>();
        Start("emitted-assembly", () => { Mark.Frames.Add(new Frame("Forge.Anvil.Strike", 0)); strike(Block); });

        string path = typeof(Guest).Assembly.Location;
        if (path.Length == 0)
            return;
        var copy = new AssemblyLoadContext("guests", true).LoadFromAssemblyPath(path);
        var enter = copy.GetType("Observatory.Guest")!.GetMethod("Enter")!.CreateDelegate<Action<Action<int>>>();
        Start("collectible", () => enter(line => { Mark.Frames.Add(new Frame("Observatory.Guest.Enter", line)); Block(); Mark.Out(); }));
    }

    private static void Generics()
    {
        Start("generic-int", () => new Lens<int, long>().Focus(1, new Star(), n => BlockInt() + n, "Observatory.Lens<int, long>.Focus<Observatory.Star>"));
        Start("generic-ref", () => new Lens<string, string>().Focus("a", "b", n => n + BlockInt(), "Observatory.Lens<__Canon, __Canon>.Focus<__Canon>"));
        Start("generic-mixed", () => new Lens<Star, string>().Focus(new Star(), new KeyValuePair<int, string>(1, "x"), n => "" + BlockInt(),
            "Observatory.Lens<Observatory.Star, __Canon>.Focus<System.Collections.Generic.KeyValuePair<int, __Canon>>"));
        Start("generic-nested", () => new Outer<int>.Inner<byte>().Go("Observatory.Outer<int>.Inner<byte>.Go"));
        Start("generic-static", () => Outer<string>.Inner<DateTime>.Static("Observatory.Outer<__Canon>.Inner<System.DateTime>.Static"));
        Start("generic-virtual", () => new Outer<short>().Virtual<(int, bool)>("Observatory.Outer<short>.Virtual<(int, bool)>"));
        Start("generic-nullable", () => Pick<int?, char>("Observatory.Shapes.Pick<int?, char>"));
        Start("generic-abstract", () => GC.KeepAlive(Look<Sight>("Observatory.Shapes.Look<__Canon>")));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Pick<T, TU>(string name) { Mark.At(name); Block(); Mark.Out(); }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Look<T>(string name) where T : ISight { Mark.At(name); return T.Abstract() + 1; }

    private static readonly Func<int, int> s_field = n => { Mark.At("Observatory.Shapes..cctor.lambda"); return BlockInt() + n; };

    private static void Lambdas()
    {
        int seven = Environment.ProcessId;
        Start("lambda-closure", () => { Mark.At("Observatory.Shapes.Lambdas.lambda"); GC.KeepAlive(BlockInt() + seven); });
        Start("lambda-nested", () => { Mark.At("Observatory.Shapes.Lambdas.lambda_1"); Action a = () => { Mark.At("Observatory.Shapes.Lambdas.lambda_7"); Block(); Mark.Out(); }; a(); Mark.Out(); });
        Start("lambda-field", () => s_field(2));
        Start("local", () => LocalFunction(3));
        Start("local-generic", () => GenericLocal<long>(3));
        Start("local-closure", () => ClosureLocal(3));
        Start("function-pointer", () => FunctionPointer());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LocalFunction(int n)
    {
        Mark.At(); return Inner(n) + 1;

        [MethodImpl(MethodImplOptions.NoInlining)]
        static int Inner(int x) { Mark.At("Observatory.Shapes.LocalFunction.Inner (local)"); return x + BlockInt(); }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T GenericLocal<T>(T n)
    {
        Mark.At("Observatory.Shapes.GenericLocal<long>"); return Inner(n, 1);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static T Inner<TU>(T x, TU y) { Mark.At("Observatory.Shapes.GenericLocal.Inner<long, int> (local)"); Block(); Mark.Out(); return x; }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ClosureLocal(int n)
    {
        Mark.At(); return Inner() + 1;

        [MethodImpl(MethodImplOptions.NoInlining)]
        int Inner() { Mark.At("Observatory.Shapes.ClosureLocal.Inner (local)"); return n + BlockInt(); }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void FunctionPointer()
    {
        delegate*<int> p = &BlockInt;
        Mark.At(); p();
    }

    private static void Members()
    {
        Start("constructor", () => new Sight(1));
        Start("getter", () => GC.KeepAlive(new Sight().Width));
        Start("setter", () => new Sight().Width = 2);
        Start("indexer", () => GC.KeepAlive(new Sight()[2]));
        Start("event-add", () => new Sight().Seen += Block);
        Start("operator", () => GC.KeepAlive(new Star() + new Star()));
        Start("conversion", () => GC.KeepAlive((int)new Star()));
        Start("struct-method", () => new Star().Shine(2));
        Start("struct-boxed", () => GC.KeepAlive(((object)new Star()).ToString()));
        Start("interface-explicit", () => ((ISight)new Sight()).Explicit());
        Start("interface-default", () => ((ISight)new Sight()).Default());
        Start("multicast", () => { Action a = Block; a += Block; a(); });
        Start("reflection", () => typeof(Shapes).GetMethod(nameof(BlockInt))!.Invoke(null, null));
        Start("dynamic-invoke", () => ((Delegate)Block).DynamicInvoke());
        Start("span-arguments", () => { int sum = 0; Sum(stackalloc int[] { 1 }, ref sum, out _, new Star()); });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sum(ReadOnlySpan<int> s, ref int sum, out string text, in Star star) { Mark.At(); sum += s[0] + BlockInt(); text = ""; }

    private static void Handlers()
    {
        Start("catch", Catch);
        Start("catch-in-catch", CatchInCatch);
        Start("finally", Finally);
        Start("filter", Filter);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Catch()
    {
        try { throw new TimeoutException("caught and kept"); }
        catch (TimeoutException) { Mark.At(); Block(); Mark.Out(); }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CatchInCatch()
    {
        try { throw new TimeoutException("outer"); }
        catch (TimeoutException)
        {
            try { throw new FormatException("inner"); }
            catch (FormatException) { Mark.At(); Block(); Mark.Out(); }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Finally()
    {
        try { Through(); }
        catch (TimeoutException) { }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Through()
    {
        try { throw new TimeoutException("on its way"); }
        finally { Mark.At(); Block(); Mark.Out(); }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Filter()
    {
        try { throw new TimeoutException("filtered"); }
        catch (TimeoutException) when (Decide()) { }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Decide() { Mark.At(); return BlockInt() > 0; }

    private static IEnumerable<int> Plates(int n)
    {
        for (int i = 0; i < n; i++)
        {
            Mark.At(null, " (iterator)"); yield return BlockInt();
        }
    }

    private static IEnumerable<int> Outer()
    {
        Mark.At(null, " (iterator)"); foreach (int n in Plates(3))
            yield return n;
    }
}
