#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the program of check-dotnet for several .NET, brings it into each of its states, dumps it in every way, and
holds what the report says against what the program said (its truth line, see observatory/Watch.cs). TAP.

Environment: DUMPAN, WORK (programs and dumps; what is there is used again), VERSIONS ("8.0,10.0"), ONLY (a pattern of
names, SCENARIO-VERSION-FLAVOUR-KIND), CC. Each dump is read three times: with the program's files (names and lines),
with nothing but the dump, and as a build that no table knows."""
import fnmatch, glob, json, os, re, resource, shutil, signal, subprocess, sys, time

here = os.path.dirname(os.path.abspath(__file__))
program = os.environ['DUMPAN']
work = os.path.abspath(os.environ['WORK'])
versions = os.environ.get('VERSIONS', '8.0,9.0,10.0,11.0').split(',')
only = os.environ.get('ONLY', '*')
count = bad = 0

# What is built: options of dotnet publish. 11.0 is made by the SDK of 10, which cannot link or compile ahead for it.
flavours = {
    'multi': [],
    'single': ['-p:PublishSingleFile=true'],
    'packed': ['-p:PublishSingleFile=true', '-p:EnableCompressionInSingleFile=true'],
    'ready': ['-p:PublishReadyToRun=true'],
    'composite': ['-p:PublishReadyToRun=true', '-p:PublishReadyToRunComposite=true'],
    'framework': [],
    'embedded': ['-p:DebugType=embedded'],
    'trimmed': ['-p:PublishTrimmed=true'],
    'async': ['-p:RuntimeAsync=true'],
    'aot': ['-p:PublishAot=true'],
}
# What the runtime calls its threads (15 bytes of it).
roles = [
    ('.NET SynchManag', 'worker'), ('.NET EventPipe', 'event-pipe'), ('.NET DebugPipe', 'debugger'), ('.NET Debugger', 'debugger'),
    ('.NET Finalizer', 'finalizer'), ('.NET Tiered', 'tiered-compiler'), ('.NET Server GC', 'gc'), ('.NET SigHandler', 'signal'),
    ('.NET Timer', 'timer'), ('.NET Sockets', 'io'), ('.NET TP Worker', 'worker'), ('.NET TP Gate', 'gate'),
]
small = ('mini', 'triage', 'crash-mini', 'crash-triage')   # kinds of createdump that leave the heap out
raw = ('kernel', 'gcore')                                  # kinds that leave the files' pages out

# zenith.c is a profiler too.
profiling = ('CORECLR_ENABLE_PROFILING=1 CORECLR_PROFILER={0f5d4a2b-7c1e-4b63-9d58-2ac90e6b1f37} CORECLR_PROFILER_PATH=%s/libzenith.so' % work)

# scenario, kind, flavours, environment, versions; one dump for each version and flavour
matrix = [
    ('idle', 'heap', 'multi single ready trimmed', '', ''),
    ('idle', 'heap', 'multi', 'DOTNET_gcServer=1 DOTNET_GCHeapCount=2 DOTNET_gcConcurrent=1', '8.0 10.0'),
    ('idle', 'mini', 'multi', '', '10.0 11.0'),
    ('idle', 'heap', 'multi', profiling, ''),
    ('idle', 'heap', 'framework', '', '10.0'),
    ('deadlock', 'full', 'framework', '', '10.0'),
    ('unhandled', 'crash-mini', 'framework', '', '10.0'),
    ('busy', 'heap', 'multi', '', ''),
    ('busy', 'heap', 'composite', '', '10.0'),
    ('deadlock', 'mini', 'composite', '', '9.0 10.0'),
    ('unhandled', 'crash-mini', 'composite trimmed', '', '9.0 10.0'),
    ('idle', 'gcore', 'multi', '', '9.0'),
    ('deadlock', 'mini', 'multi single', '', ''),
    ('deadlock', 'triage', 'multi single', '', ''),
    ('deadlock', 'full', 'multi single', '', ''),
    ('deadlock', 'gcore', 'multi single', '', ''),
    ('deadlock', 'heap', 'multi single packed trimmed', '', ''),
    ('deadlock3', 'heap', 'multi', '', ''),
    ('chain', 'heap', 'multi', '', ''),
    ('lock', 'heap', 'multi', '', '9.0 10.0 11.0'),
    ('slim', 'heap', 'multi', '', ''),
    ('waits', 'heap', 'multi', '', ''),
    ('pool', 'heap', 'multi', '', ''),
    ('gc-held', 'heap', 'multi', '', ''),
    ('cctor', 'heap', 'multi single', '', ''),
    ('cctor', 'gcore', 'multi', '', '8.0 11.0'),
    ('cctor-deadlock', 'heap', 'multi', '', ''),
    ('cctor-task', 'heap', 'multi ready', '', ''),
    ('task-lock', 'heap', 'multi', '', ''),
    ('cctor-cycle', 'heap', 'multi', '', ''),
    ('finalizer', 'heap', 'multi', '', ''),
    ('mixed', 'full', 'multi', '', ''),
    ('native', 'heap', 'multi', '', ''),
    ('shapes', 'heap', 'multi ready', '', ''),
    ('shapes', 'heap', 'embedded', '', '10.0 11.0'),
    ('shapes', 'heap', 'composite', '', '8.0 10.0'),
    ('shapes', 'heap', 'multi', 'DOTNET_TieredCompilation=0', '10.0 11.0'),
    ('async', 'heap', 'multi ready async', '', ''),
    ('async', 'mini', 'async', '', ''),
    ('unhandled', 'crash-mini', 'multi single', '', ''),
    ('unhandled', 'crash-triage', 'multi single', '', ''),
    ('unhandled', 'crash-full', 'multi single', '', '10.0'),
    ('unhandled', 'crash-heap', 'multi single', '', ''),
    ('unhandled', 'kernel', 'multi single', '', ''),
    ('async-void', 'crash-mini', 'multi async', '', ''),
    ('null', 'crash-mini', 'multi ready', '', ''),
    ('rethrow', 'crash-mini', 'multi', '', ''),
    ('fail-fast', 'crash-mini', 'multi', '', ''),
    ('fail-fast', 'crash-heap', 'multi single', '', ''),
    ('fail-fast-plain', 'crash-heap', 'multi', '', ''),
    ('fail-fast-plain', 'crash-mini', 'multi', '', ''),
    ('stack-overflow', 'crash-mini', 'multi', '', ''),
    ('oom', 'crash-heap', 'multi', 'DOTNET_GCHeapHardLimit=0x8000000', ''),
    ('native-crash', 'crash-mini', 'multi', '', ''),
    ('native-crash', 'kernel', 'multi', '', '8.0 11.0'),
    ('idle', 'full', 'aot', '', ''),
    ('deadlock', 'full', 'aot', '', ''),
    ('deadlock', 'gcore', 'aot', '', ''),
    ('chain', 'gcore', 'aot', '', ''),
    ('lock', 'gcore', 'aot', '', '9.0 10.0 11.0'),
    ('slim', 'gcore', 'aot', '', ''),
    ('waits', 'gcore', 'aot', '', ''),
    ('finalizer', 'gcore', 'aot', '', ''),
    ('mixed', 'gcore', 'aot', '', ''),
    ('unhandled', 'kernel', 'aot', '', ''),
    ('unhandled', 'crash-full', 'aot', '', ''),
    ('rethrow', 'kernel', 'aot', '', ''),
    ('null', 'kernel', 'aot', '', ''),
    ('fail-fast', 'kernel', 'aot', '', ''),
]


def tap(ok, what, why=''):
    global count, bad
    count += 1
    bad += not ok
    print('%sok %d - %s' % ('' if ok else 'not ', count, what))
    for line in why.split('\n')[:14] if not ok else []:
        print('# ' + line[:300])
    sys.stdout.flush()


def skip(what, why):
    global count
    count += 1
    print('ok %d - %s # SKIP %s' % (count, what, why))


# ---------------------------------------------------------------- building

def makes(flavour, version):
    return not (version == '11.0' and flavour in ('ready', 'trimmed', 'composite')) and (flavour != 'async' or version == '11.0') and (flavour != 'framework' or installed(version))


def installed(version):
    """A runtime of this version is installed: programs without one of their own run."""
    p = subprocess.run(['dotnet', '--list-runtimes'], capture_output=True, text=True)
    found = re.findall(r'^Microsoft\.NETCore\.App (%s\.\S+) \[(.*)\]' % re.escape(version), p.stdout, re.M)
    return '/'.join(reversed(found[-1])) if found else None


def build(flavour, version):
    """The folder of the program, or None."""
    folder = '%s/%s-%s' % (work, version, flavour)
    if os.path.exists(folder + '/.failed'):
        return None
    if os.path.exists(folder + '/.built'):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command = ['dotnet', 'publish', here + '/observatory/Observatory.csproj', '-c', 'Release', '-f', 'net' + version, '-r',
               'linux-x64', '--self-contained', 'false' if flavour == 'framework' else 'true', '--artifacts-path', '%s/artifacts-%s-%s' % (work, version, flavour),
               '-o', folder, '-nologo', '-v', 'q'] + flavours[flavour]
    if version == '11.0':
        command.append('-p:Next=true')
        if flavour == 'aot':        # its compiler asks for what only its own SDK has: the steps of publishing one by one
            at = command.index('-o')
            command[at:at + 2] = ['-p:_IsPublishing=true', '-t:ProcessFrameworkReferences;Build;ComputeResolvedFilesToPublishList;NativeCompile']
    p = subprocess.run(command, capture_output=True, text=True)
    if p.returncode:
        open(folder + '/.failed', 'w').close()
        tap(False, 'build of %s for %s' % (flavour, version), '\n'.join(p.stdout.split('\n')[-12:]))
        return None
    if flavour == 'aot' and version == '11.0':
        for made in glob.glob('%s/artifacts-%s-%s/bin/*/*/native/Observatory*' % (work, version, flavour)):
            shutil.copy(made, folder)
    shutil.copy(work + '/libzenith.so', folder)
    if not os.path.exists(folder + '/createdump'):     # a single file has it in the runtime's package only
        for name in ('createdump', 'libmscordaccore.so'):
            shutil.copy((installed(version) if flavour == 'framework' else pack(flavour, version)) + '/' + name, folder)
    open(folder + '/.built', 'w').close()
    return folder


def pack(flavour, version):
    """Where the runtime's package of this build is."""
    assets = glob.glob('%s/artifacts-%s-%s/obj/**/*.json' % (work, version, flavour), recursive=True)
    text = ''.join(open(a, encoding='utf-8').read() for a in assets)
    used = re.findall(r'Microsoft\.NETCore\.App\.Runtime\.linux-x64", *"version": *"\[(%s\.[0-9]+)' % re.escape(version), text, re.I)
    root = os.environ.get('NUGET_PACKAGES', os.path.expanduser('~/.nuget/packages')) + '/microsoft.netcore.app.runtime.linux-x64'
    have = [os.path.basename(d) for d in glob.glob('%s/%s.*' % (root, version))]
    best = used[-1] if used else max(have, key=lambda v: [int(n) for n in re.findall('[0-9]+', v)])
    return '%s/%s/runtimes/linux-x64/native' % (root, best)


# ---------------------------------------------------------------- dumping

def environment(extra):
    env = {'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent', 'LANG': 'C.UTF-8', 'DOTNET_gcServer': '0', 'DOTNET_gcConcurrent': '0',
           'DOTNET_GCHeapHardLimit': '0x4000000', 'DOTNET_TieredPGO': '0'}
    if os.environ.get('DOTNET_ROOT'):
        env['DOTNET_ROOT'] = os.environ['DOTNET_ROOT']
    env.update(pair.split('=', 1) for pair in extra.split())
    return env


def thread_names(pid):
    """What the system calls the threads; dumps of createdump and gdb do not hold it."""
    names = {}
    for task in glob.glob('/proc/%d/task/*' % pid):
        with open(task + '/comm', encoding='utf-8', errors='replace') as f:
            names[os.path.basename(task)] = f.read().rstrip('\n')
    return names


def dump(folder, scenario, kind, extra, path):
    """The truth line, and the dump at path."""
    if os.path.exists(path) and os.path.exists(path + '.truth'):
        return json.load(open(path + '.truth', encoding='utf-8'))
    where = work + '/run'
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    env = environment(extra)
    crash = kind.startswith('crash-') or kind == 'kernel'
    if kind.startswith('crash-'):
        number = {'mini': 1, 'heap': 2, 'triage': 3, 'full': 4}[kind[6:]]
        env.update(DOTNET_DbgEnableMiniDump='1', DOTNET_DbgMiniDumpType=str(number), DOTNET_DbgMiniDumpName=path)
    size = (resource.RLIM_INFINITY, resource.RLIM_INFINITY) if kind == 'kernel' else (0, 0)
    with open(path + '.err', 'wb') as err:
        p = subprocess.Popen([folder + '/Observatory', scenario], cwd=where, env=env, stdout=subprocess.PIPE, stderr=err,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, size))
    watchdog = subprocess.Popen(['sh', '-c', 'sleep 90; kill -9 %d' % p.pid], stdout=subprocess.DEVNULL, start_new_session=True)
    names = {}
    try:
        line = p.stdout.readline()
        if crash:
            p.wait(90)
            if kind == 'kernel':
                made = glob.glob(where + '/core*')
                if made:
                    shutil.move(made[0], path)
        elif line:
            time.sleep(0.4)
            names = thread_names(p.pid)
            take(folder, kind, p.pid, path)
    finally:
        if p.poll() is None:
            p.kill()
            p.wait()
        if watchdog.poll() is None:
            os.killpg(watchdog.pid, signal.SIGKILL)
        watchdog.wait()
    if not line or not os.path.exists(path):
        return None
    truth = dict(json.loads(line), names=names)
    with open(path + '.truth', 'w', encoding='utf-8') as f:
        json.dump(truth, f)
    return truth


def take(folder, kind, pid, path):
    if kind == 'gcore':
        command = ['gdb', '-nx', '-batch', '-p', str(pid), '-ex', 'gcore ' + path, '-ex', 'detach']
    else:
        command = [folder + '/createdump', '--' + {'mini': 'normal', 'heap': 'withheap'}.get(kind, kind), '-f', path, str(pid)]
        if folder.endswith(('-single', '-packed')):
            command.insert(2, '--singlefile')
        if folder.endswith('-aot'):
            command.insert(2, '--nativeaot')
    p = subprocess.run(command, capture_output=True, text=True, timeout=80)
    with open(path + '.log', 'w') as f:
        f.write(p.stdout + p.stderr)


# ---------------------------------------------------------------- comparing

def num(x):
    return int(x, 16) if isinstance(x, str) else x


def report(path, files, own):
    command = [program, 'report', '--format', 'json', '--redact', 'none'] + (['--symbols', files] if files else ['--no-local-symbols'])
    env = dict(os.environ) if own else dict(os.environ, DUMPAN_CLR_IGNORE='own')
    p = subprocess.run(command + [path], capture_output=True, env=env, timeout=120)
    if p.returncode:
        raise RuntimeError('exit status %d: %s' % (p.returncode, p.stderr.decode(errors='replace')[-600:]))
    return json.loads(p.stdout)


def told(f):
    return '%s:%s' % (f.get('function'), f.get('line', 0))


def in_order(want, have, lines, nameless=False):
    """Each wanted frame, in this order, with others between them; the first that is missing, or None. Nameless: a
    managed frame without a name stands for any."""
    i = 0
    for w in want:
        at = i
        while at < len(have) and not (nameless and 'function' not in have[at] and have[at]['kind'] == 'managed') and \
                (have[at].get('function') != w['function'] or (lines and w['line'] and have[at].get('line') != w['line'])):
            at += 1
        if at == len(have):
            return 'missing: %s in %s' % (told(w), ' < '.join(told(h) for h in have if h.get('kind') != 'native') or 'no managed frame')
        i = at + 1
    return None


class Check:
    unkept = ('countdown', 'event', 'mutex', 'mutant', 'semaphore')

    def __init__(self, truth, j, kind, files, flavour='multi'):
        self.truth, self.j, self.d, self.kind, self.files, self.flavour = truth, j, j['data'], kind, files, flavour
        self.why = []
        self.tid = {t['id']: t['tid'] for t in self.d.get('threads', [])}
        self.threads = {t['tid']: t for t in self.d.get('threads', [])}
        # without files, a kernel's core has no names; of a program compiled ahead of time they are symbols
        self.names = files or (kind not in raw and flavour != 'aot')
        self.heap = kind not in small and self.names
        # a small dump can lack the page of a MethodTable: of composite code then not even the assembly is known
        self.nameless = not files and flavour == 'composite' and kind in small
        self.groups = {t: s['frames'] for s in self.d.get('stacks', []) for t in s['threads']}

    def wrong(self, text):
        self.why.append(text)

    def check_threads(self):
        managed = {m['managed_id']: m for m in self.d.get('managed_threads', []) if 'managed_id' in m}
        for t in self.truth['threads']:
            mine = self.threads.get(t['os_id'])
            if not mine:
                self.wrong('thread %d is missing' % t['os_id'])
                continue
            if mine.get('managed_id') != t['managed_id'] or t['managed_id'] not in managed:
                self.wrong('thread %d: managed id %s, not %d' % (t['os_id'], mine.get('managed_id'), t['managed_id']))
            elif bool(managed[t['managed_id']].get('threadpool')) != t['pool'] and not managed[t['managed_id']].get('finalizer'):
                self.wrong('thread %d: of the pool: %s, not %s' % (t['os_id'], managed[t['managed_id']].get('threadpool'), t['pool']))
            if t['name'] and self.heap and mine.get('name') != t['name']:
                self.wrong('thread %d: name %s, not %s' % (t['os_id'], mine.get('name'), t['name']))
            if self.names:
                text = in_order(t['frames'], self.groups.get(mine['id'], []), self.files, self.nameless)
                if text:
                    self.wrong('thread %d %s: %s' % (t['os_id'], t['name'], text))
            if self.heap:
                self.check_wait(t, mine)

    def check_roles(self):
        """By the names that the system has for the runtime's threads. Only a dump with the heap holds what tells all of them."""
        for tid, name in self.truth.get('names', {}).items():
            role = next((r for n, r in roles if name.startswith(n)), None)
            mine = self.threads.get(int(tid))
            told = mine and mine.get('role', 'unknown')
            if role and mine and told != role and (self.heap or told != 'unknown'):
                self.wrong('thread %s is %s, not %s (%s)' % (tid, told, role, name))

    def check_kinds(self):
        for frames in self.groups.values():
            for f in frames:
                word = re.search(r'\((dynamic|stub)\)$', f.get('function') or '')
                if word and f['kind'] != word[1]:
                    self.wrong('%s: of kind %s' % (f['function'], f['kind']))

    def check_wait(self, t, mine):
        if t.get('wait_kind') and mine.get('wait_kind') != t['wait_kind']:
            self.wrong('thread %d %s: waits for a %s, not a %s: %s' % (t['os_id'], t['name'], mine.get('wait_kind'), t['wait_kind'], mine.get('activity')))
        elif self.flavour == 'aot' and mine.get('wait_kind') in self.unkept:
            return      # optimised code drops the object at once: what it keeps of it is the library's own
        elif t.get('wait_pid') and self.flavour != 'aot' and mine.get('wait_pid') != t['wait_pid']:
            self.wrong('thread %d %s: waits for process %s, not %s' % (t['os_id'], t['name'], mine.get('wait_pid'), t['wait_pid']))
        elif t.get('wait_address') and num(mine.get('wait_address', 0)) != num(t['wait_address']):
            self.wrong('thread %d %s: waits at %s, not %s: %s' % (t['os_id'], t['name'], mine.get('wait_address'), t['wait_address'], mine.get('activity')))

    def check_locks(self):
        locks = {num(x['address']): x for x in self.d.get('locks', []) if 'address' in x}
        for w in self.truth['locks']:
            mine = locks.get(num(w['address'])) if 'address' in w else next(
                (x for x in self.d.get('locks', []) if (x['kind'], x.get('type')) == (w['kind'], w['type'])), None)
            if not mine:
                if w['waiters']:        # one that nobody wants may go unsaid
                    self.wrong('lock %s (%s) is missing' % (w.get('address'), w['type']))
                continue
            w.setdefault('address', mine['address'])
            for key in ('kind', 'type'):
                if mine.get(key) != w[key]:
                    self.wrong('lock %s: %s %s, not %s' % (w['address'], key, mine.get(key), w[key]))
            owner = self.tid.get(mine.get('owner'), 0)
            if owner != w['owner']:
                self.wrong('lock %s: owner %s, not %s' % (w['address'], owner, w['owner']))
            if w['recursion'] and mine.get('recursion') != w['recursion']:
                self.wrong('lock %s: entered %s times, not %s' % (w['address'], mine.get('recursion'), w['recursion']))
            waiters = sorted(self.tid[t] for t in mine.get('waiters', []))
            if w['waiters'] and waiters != sorted(w['waiters']):
                self.wrong('lock %s: waiters %s, not %s' % (w['address'], waiters, sorted(w['waiters'])))
        for owner in {w['owner'] for w in self.truth['locks'] if w['owner'] and w['waiters']}:
            held = sum(w['owner'] == owner for w in self.truth['locks'] if w['waiters'])
            if self.threads[owner].get('lock_count', 0) < held:
                self.wrong('thread %d holds %s locks, not %d' % (owner, self.threads[owner].get('lock_count'), held))
        if self.truth['cycle']:
            cycles = [sorted(self.tid[m] for m in c['members']) for c in self.d.get('wait_cycles', [])]
            if sorted(self.truth['cycle']) not in cycles:
                self.wrong('cycle %s is not in %s' % (self.truth['cycle'], cycles))

    def check_exceptions(self):
        ours = self.d.get('exceptions', [])
        found = []
        for w in self.truth['exceptions']:
            parent = found[w['parent']] if w['parent'] >= 0 else None
            mine = next((e for e in ours if e.get('type') == w['type'] and (parent is None or e.get('parent') == parent.get('id'))), {})
            found.append(mine)
            if not mine:
                # a mini dump holds what the dying thread leads to: the chain, not all members of an AggregateException
                if not (self.kind in small and w['parent'] > 0):
                    self.wrong('%s is missing: %s' % (w['type'], [(e.get('type'), e.get('parent')) for e in ours]))
                continue
            if w.get('message') and 'triage' not in self.kind and mine.get('message') != w['message']:
                self.wrong('%s: message %r, not %r' % (w['type'], mine.get('message'), w['message']))
            if w.get('hresult') and num(mine.get('hresult', 0)) != num(w['hresult']):
                self.wrong('%s: %s, not %s' % (w['type'], mine.get('hresult'), w['hresult']))
            if w['os_id'] and self.tid.get(mine.get('thread')) != w['os_id']:
                self.wrong('%s: of thread %s, not %s' % (w['type'], self.tid.get(mine.get('thread')), w['os_id']))
            text = in_order(w['frames'], mine.get('frames', []), self.files)
            if text:
                self.wrong('%s: %s' % (w['type'], text))
            fields = {f['name']: f['value'] for f in mine.get('fields', [])} if self.kind not in small else {}
            for name, value in w['fields'].items() if self.kind not in small and self.flavour != 'aot' else []:
                if fields.get(name) != value:
                    self.wrong('%s: field %s is %s, not %s' % (w['type'], name, fields.get(name), value))

    def check_pool(self):
        n, p = self.truth.get('pool_workers'), self.d.get('threadpool', {})
        want = {'min': n, 'max': n, 'workers': n, 'active': n, 'queued_global': self.truth.get('pool_queued'), 'starved': True}
        if n and self.heap and any(p.get(k) != v for k, v in want.items()):
            self.wrong('the thread pool is %s, not %s' % (p, want))
        if not n and p.get('starved'):
            self.wrong('the thread pool is starved: %s' % p)

    def check_findings(self):
        severe = {f['rule'] for f in self.j.get('findings', []) if f['severity'] == 'error'}
        rule = self.truth.get('rule')
        if rule and not rule.startswith('hang.') and self.names and rule not in severe:
            self.wrong('no finding %s, but %s' % (rule, sorted(severe)))
        if rule and rule.startswith('hang.') and self.heap and rule not in severe:
            self.wrong('no finding %s, but %s' % (rule, sorted(severe)))
        warned = {f['rule'] for f in self.j.get('findings', []) if f['severity'] == 'warning'}
        if self.truth.get('warning') and self.heap and self.truth['warning'] not in warned:
            self.wrong('no warning %s, but %s' % (self.truth['warning'], sorted(severe | warned)))
        for f in self.j.get('findings', []):
            if f['severity'] == 'error' and f['rule'] != rule and (self.names or not rule):
                self.wrong('finding %s: %s' % (f['rule'], f['title']))
            if f['severity'] == 'warning' and self.truth['calm']:
                self.wrong('finding %s: %s' % (f['rule'], f['title']))
        profiled = [f['title'] for f in self.j.get('findings', []) if f['rule'] == 'hang.debugger-attached']
        if bool(profiled) != self.truth['profiled'] or (profiled and not profiled[0].endswith('libzenith.so')):
            self.wrong('profilers: %s' % profiled)
        blame = (self.d.get('exception') or {}).get('function')
        if self.truth.get('blame') and self.files and blame != self.truth['blame']:
            self.wrong('the function to look at is %s, not %s' % (blame, self.truth['blame']))
        says = (self.d.get('exception') or {}).get('message')
        if self.truth.get('says') and (self.heap or says) and says != self.truth['says']:
            self.wrong('it says %r, not %r' % (says, self.truth['says']))
        if self.files and self.flavour == 'composite' and any(f['name'].endswith('.r2r.dll') for f in self.d.get('missing_files', [])):
            self.wrong('the code of the program is said to be missing')
        if not self.names and not self.d.get('missing_files'):
            self.wrong('no list of files to bring')

    def check_kind(self):
        """The kind of dump: mini and triage of one process can be alike, then neither is said."""
        made = self.kind.replace('crash-', '')
        told = self.d['input'].get('dump_type')
        if told not in {'heap': ('heap',), 'full': ('full',), 'mini': ('unknown', 'mini'), 'triage': ('unknown', 'triage')}.get(made, ('unknown',)):
            self.wrong('a dump of kind %s, told as %s' % (self.kind, told))

    def all(self):
        r = (self.d.get('runtimes') or [{}])[0]
        if not self.truth['runtime'].startswith('.'.join((r.get('version') or '?').split('.')[:1])):
            self.wrong('runtime %s, not %s' % (r.get('version'), self.truth['runtime']))
        word = {'framework': 'framework-dependent', 'single': 'single-file', 'packed': 'single-file', 'aot': 'native-aot'}.get(self.flavour, 'self-contained')
        if r.get('flavor') != word:
            self.wrong('deployment %s, not %s' % (r.get('flavor'), word))
        self.check_kind()
        self.check_threads()
        self.check_roles()
        self.check_kinds()
        if self.heap:
            self.check_locks()
        self.check_pool()
        if self.names:
            self.check_exceptions()
        self.check_findings()
        return '\n'.join(self.why)


# ---------------------------------------------------------------- the matrix

def one(scenario, kind, flavour, extra, version):
    name = '%s-%s-%s-%s' % (scenario, version, flavour, kind) + ('-' + extra.split()[0].split('_')[-1].replace('=', '') if extra else '')
    if not fnmatch.fnmatch(name, only) or not makes(flavour, version):
        return
    if kind == 'gcore' and not shutil.which('gdb'):
        return skip(name, 'gdb is not installed')
    if kind == 'kernel' and re.match(r'\|', open('/proc/sys/kernel/core_pattern', encoding='utf-8').read()):
        return skip(name, 'core_pattern hands cores to another program')
    folder = build(flavour, version)
    if not folder:
        return
    path = '%s/%s.core' % (work, name)
    truth = dump(folder, scenario, kind, extra, path)
    if not truth:
        return tap(False, name + ': a dump', open(path + '.err', encoding='utf-8', errors='replace').read()[-800:])
    for files, own, label in ((folder, True, ''), (None, True, ', the dump alone'), (folder, False, ', build unknown')):
        try:
            why = Check(truth, report(path, files, own), kind, files, flavour).all()
        except (RuntimeError, subprocess.TimeoutExpired) as e:
            why = str(e)
        tap(not why, name + label, why)
    if not os.environ.get('KEEP'):
        os.remove(path)


def main():
    os.makedirs(work, exist_ok=True)
    subprocess.run([os.environ.get('CC', 'cc'), '-g', '-O1', '-shared', '-fPIC', '-o', work + '/libzenith.so', here + '/zenith.c', '-lpthread'],
                   check=True)
    for version in versions:
        for scenario, kind, made, extra, where in matrix:
            if where and version not in where.split():
                continue
            for flavour in made.split():
                one(scenario, kind, flavour, extra, version)
        if not os.environ.get('KEEP'):
            for folder in glob.glob('%s/*%s-*' % (work, version)):
                shutil.rmtree(folder, ignore_errors=True)
    print('1..%d' % count)
    return bad > 0


if __name__ == '__main__':
    sys.exit(main())
