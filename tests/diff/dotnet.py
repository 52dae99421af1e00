#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports of the corpus' .NET dumps against ClrMD's answers (oracle.json) and the programs' own words (truth.json).

TAP on standard output: one line for each dump and subject. A difference that is explained stands in
dotnet-explained.tsv (dump, subject, why); anything else fails. $DUMPAN is the program, $DUMPAN_CORPUS the corpus,
$DUMPAN_DOTNET_DUMPS (optional) a folder where its dumps lie unpacked, $DUMPAN_DOTNET_ONLY a pattern of names."""
import fnmatch, glob, json, os, re, shutil, subprocess, sys, tempfile

corpus = os.environ['DUMPAN_CORPUS'] + '/dotnet'
program = os.environ['DUMPAN']
only = os.environ.get('DUMPAN_DOTNET_ONLY', '*')
explained = {}
for line in open(sys.argv[1], encoding='utf-8'):
    part = line.rstrip('\n').split('\t')
    if len(part) == 3 and not line.startswith('#'):
        explained[part[0], part[1]] = part[2]
count = bad = 0


def tap(ok, name, subject, why=''):
    """Explained differences pass, and say so; what is explained and does not differ is a failure of the list."""
    global count, bad
    count += 1
    note = next((text for (n, s), text in explained.items() if fnmatch.fnmatch(name.split(' (')[0], n) and fnmatch.fnmatch(subject, s)), None)
    if not ok and note:
        print('ok %d - %s: %s differs: %s' % (count, name, subject, note))
        return
    if not ok:
        bad += 1
    print('%s %d - %s: %s' % ('ok' if ok else 'not ok', count, name, subject))
    if not ok:
        for text in why.split('\n')[:12]:
            print('# ' + text)
    sys.stdout.flush()


def skip(name, why):
    global count
    count += 1
    print('ok %d - %s # SKIP %s' % (count, name, why))


def load(path):
    if os.path.exists(path):
        return json.load(open(path, encoding='utf-8'))
    if os.path.exists(path + '.zst'):
        return json.loads(subprocess.run(['zstd', '-dqc', path + '.zst'], capture_output=True, check=True).stdout)
    return None


packs = os.environ.get('DUMPAN_DOTNET_PACKS')   # a NuGet folder with the runtime packs, for dumps without files
releases = {'8.0': '8.0.31', '9.0': '9.0.20', '10.0': '10.0.12', '11.0': '11.0.0'}
windows = {'6.0': '6.0.13', '8.0': '8.0.33', '10.0': '10.0.12', '11.0': '11.0.0'}
executables = {}


def unpack_executable(name):
    if name not in executables:
        folder = tempfile.mkdtemp(dir=os.environ.get('T'))
        with open(folder + '/ShopRunner', 'wb') as out:
            subprocess.run(['xz', '-dc', name], stdout=out, check=True)
        executables[name] = folder
    return executables[name]


def symbols(name):
    """Folders to give for a dump that holds no code and no metadata of files; None: they are not at hand."""
    m = re.match(r'.*?-(8\.0|9\.0|10\.0|11\.0)((-[a-z0-9]+)*)-(kernel|gcore)', name)
    if m and '-sf' not in m.group(2) and '-aot' not in m.group(2):
        pack = '%s/microsoft.netcore.app.runtime.linux-x64/%s' % (packs, releases[m.group(1)])
        if not packs or not os.path.isdir(pack):
            return None
        return [pack, '%s/scenario-binaries/%s%s' % (corpus, m.group(1), m.group(2) if 'r2r' in m.group(2) or 'trim' in m.group(2) else '')]
    if os.path.exists('%s/async11/%s.truth.json' % (corpus, name)):
        return [corpus + '/async11']
    m = re.match(r'.*-heap-(6\.0|8\.0|10\.0|11\.0)-win', name)
    if m:
        pack = '%s/microsoft.netcore.app.runtime.win-x64/%s' % (packs, windows[m.group(1)])
        if not packs or not os.path.isdir(pack):
            return None
        return [pack, '%s/windows/symbols/lantern-%s' % (corpus, m.group(1))]
    if '-sftr-' in name:
        return [unpack_executable(corpus + '/nodac/ShopRunner-8.0.31-sftr.reduced.xz')]
    return []


def report(path, own, folders):
    env = dict(os.environ)
    if not own:
        env['DUMPAN_CLR_IGNORE'] = 'own'
    given = [x for f in folders for x in ('--symbols', f)]
    p = subprocess.run([program, 'report', '--no-local-symbols', '--redact', 'none', '--format', 'json'] + given + [path],
                       capture_output=True, env=env, timeout=300)
    if p.returncode:
        return None, 'exit %d: %s' % (p.returncode, p.stderr.decode(errors='replace')[:500])
    return json.loads(p.stdout), ''


def num(x):
    return int(x, 16) if isinstance(x, str) else x


def base(path):
    return re.split(r'[/\\]', path or '')[-1]


class Report:
    def __init__(self, j):
        d = self.d = j['data']
        self.threads = {t['tid']: t for t in d.get('threads', [])}
        self.by_id = {t['id']: t for t in d.get('threads', [])}
        self.stacks = {s['group']: s for s in d.get('stacks', [])}
        self.managed = {}
        for m in d.get('managed_threads', []):
            self.managed[num(m['address'])] = m
        self.exceptions = {e['id']: e for e in d.get('exceptions', [])}

    def frames(self, tid):
        t = self.threads.get(tid)
        s = self.stacks.get(t.get('stack_group')) if t else None
        if not s:
            return []
        if s['threads'][0] != t['id']:          # sp is the first thread's
            return expand([dict(f, sp=None) for f in s['frames']])
        return expand(s['frames'])


def expand(frames):
    """A folded cycle back into frames, up to a thousand."""
    out, i = [], 0
    while i < len(frames) and len(out) < 1000:
        n = frames[i].get('repeat', 1)
        k = i
        while n > 1 and k < len(frames) and frames[k].get('repeat', 1) == n:
            k += 1
        if n > 1:
            while len(out) < 1000 and n:
                out += [dict(f, sp=None) for f in frames[i:k]]
                n -= 1
            i = k
        else:
            out.append(frames[i])
            i += 1
    return out


def token(x):
    """0: made at run time (ClrMD gives such methods the token of row 0)."""
    return num(x) if x and num(x) & 0xffffff else 0


def oracle_frames(frames):
    return [(token(f.get('token')), f.get('module') or '', num(f['ip']), num(f['sp']), f.get('method') or '')
            for f in frames if f['kind'] == 'managed']


def is_method(f):
    """Of managed code, made at run time or not; what is only code of the runtime's making is none."""
    return f['kind'] in ('managed', 'dynamic') or (f['kind'] == 'stub' and '(stub)' in (f.get('function') or ''))


def our_frames(frames):
    return [(num(f['method_token']) if f.get('method_token') else 0, f.get('module_name') or '', num(f['pc']),
             num(f['sp']) if f.get('sp') else None, f.get('function') or '') for f in frames if is_method(f)]


nameless = False   # the dump at hand holds no names of jitted code: addresses only


def same_frame(o, f, sp=True):
    if nameless and not f[0]:
        return o[2] == f[2] and (f[3] is None or o[3] == f[3])
    if o[0] and (o[0] != f[0] or (o[1] and o[1].lower() != f[1].lower())):
        return False
    if o[0] == 0 and o[4] and f[0]:             # without a method ClrMD just did not know
        return False
    return not sp or f[3] is None or o[3] == f[3]


def compare_frames(o, f, sp=True):
    for i, (a, b) in enumerate(zip(o, f)):
        if not same_frame(a, b, sp):
            return 'frame %d: oracle %x!%s ip %x sp %x %s\n  ours %x!%s ip %x sp %s %s' % (
                (i, a[0], a[1], a[2], a[3], a[4][:90]) + (b[0], b[1], b[2], '%x' % b[3] if b[3] else '-', b[4][:90]))
    if len(o) > len(f):
        return 'oracle has %d more: %s' % (len(o) - len(f), o[len(f)][4])
    return ''


def check_threads(name, o, r):
    why = []
    for t in o['threads']:
        m = r.managed.get(num(t['address']))
        if not m:
            why.append('no thread %s (managed id %d, os id %d)' % (t['address'], t['managed_id'], t['os_id']))
            continue
        for ours, theirs in (('managed_id', t['managed_id']), ('gc_mode', t['gc_mode']), ('background', t['is_background']),
                             ('threadpool', t['is_thread_pool_worker']), ('finalizer', t['is_finalizer'])):
            if m.get(ours) != theirs and not (ours == 'gc_mode' and theirs is None):
                why.append('thread %s: %s is %s, oracle %s' % (t['managed_id'], ours, m.get(ours), theirs))
        if num(m['state_flags']) != num(t['state']):
            why.append('thread %s: state %s, oracle %s' % (t['managed_id'], m['state_flags'], t['state']))
        tid = r.by_id[m['thread']]['tid'] if 'thread' in m else 0
        if t['is_alive'] and tid != t['os_id'] and t['os_id'] in r.threads:
            why.append('thread %s: os id %s, oracle %s' % (t['managed_id'], tid, t['os_id']))
        shown = r.by_id[m['thread']].get('name') if 'thread' in m else None
        if t['name'] and t['is_alive'] and 'thread' in m and shown != t['name']:
            why.append('thread %s: name %s, oracle %s' % (t['managed_id'], shown, t['name']))
    if len(o['threads']) != len(r.managed):
        why.append('%d threads, oracle %d' % (len(r.managed), len(o['threads'])))
    tap(not why, name, 'threads', '\n'.join(why))


def check_stacks(name, o, r):
    """Ours may go on where the oracle stops (dynamic methods it cannot name count as frames of both)."""
    why, frames = [], 0
    for t in o['threads']:
        if not t['is_alive'] or t['os_id'] not in r.threads or not t['frames']:
            continue
        want, have = oracle_frames(t['frames']), our_frames(r.frames(t['os_id']))
        if t['frame_count'] > len(t['frames']):
            have = have[:len(want)]
        frames += len(want)
        text = compare_frames(want, have)
        if not text and len(have) > len(want):
            text = '%d frames more than the oracle: %s' % (len(have) - len(want), have[len(want)][4])
        if text:
            why.append('thread %d/%d: %s' % (t['managed_id'], t['os_id'], text))
    tap(not why, name, 'stacks', '\n'.join(why) + '\n(%d frames)' % frames)


def check_offsets(name, o, r):
    why, n = [], 0
    for t in o['threads']:
        if not t['is_alive'] or t['os_id'] not in r.threads:
            continue
        ours = {}
        for f in r.frames(t['os_id']):
            if f['kind'] == 'managed' and 'il_offset' in f:
                ours[num(f['pc'])] = f
        for f in t['frames']:
            mine = ours.get(num(f['ip']))
            if f['kind'] != 'managed' or not mine or f.get('il_offset') is None or f['il_offset'] < 0:
                continue
            n += 1
            if mine['il_offset'] != f['il_offset']:
                why.append('%s: IL %d, oracle %d' % (f['method'][:80], mine['il_offset'], f['il_offset']))
    tap(not why, name, 'IL offsets', '\n'.join(why) + '\n(%d compared)' % n)


def chain(r, e, depth=0):
    """The exception and its inner ones, as the oracle nests them."""
    yield e, depth
    for x in r.d.get('exceptions', []):
        if x.get('parent') == e['id']:
            yield from chain(r, x, depth + 1)


def check_exception(why, what, o, r, e):
    if o.get('type') and e.get('type') != o['type']:
        why.append('%s: type %s, oracle %s' % (what, e.get('type'), o['type']))
    if o.get('message') and e.get('message') != o['message']:
        why.append('%s: message %r, oracle %r' % (what, e.get('message'), o['message']))
    if o.get('hresult') and num(e.get('hresult', '0x0')) != num(o['hresult']):
        why.append('%s: hresult %s, oracle %s' % (what, e.get('hresult'), o['hresult']))
    text = compare_frames(oracle_frames(o.get('stack') or []), our_frames(e.get('frames', [])), sp=False)
    if text:
        why.append('%s: %s' % (what, text))
    inner = o.get('inner_exceptions') or ([o['inner']] if o.get('inner') else [])
    ours = {num(x['address']): x for x in r.d.get('exceptions', []) if x.get('parent') == e['id']}
    for i, x in enumerate(inner):
        if x.get('error'):
            continue
        if num(x['address']) not in ours:
            why.append('%s: inner %s is missing' % (what, x.get('type')))
        else:
            check_exception(why, what + '.' + str(i), x, r, ours[num(x['address'])])


def check_exceptions(name, o, r):
    why, n = [], 0
    for t in o['threads']:
        x = t.get('current_exception')
        if not x or x.get('error'):
            continue
        n += 1
        mine = [e for e in r.d.get('exceptions', []) if num(e.get('address', '0x0')) == num(x['address'])]
        if not mine:
            why.append('thread %d: %s is missing' % (t['managed_id'], x.get('type')))
        else:
            check_exception(why, 'thread %d' % t['managed_id'], x, r, mine[0])
    tap(not why, name, 'exceptions', '\n'.join(why) + '\n(%d)' % n)


def check_locks(name, o, r):
    """Held sync blocks: those with an owner must be there, with the oracle's owner and recursion."""
    why, n = [], 0
    locks = {num(x['address']): x for x in r.d.get('locks', []) if 'address' in x}
    for s in o.get('sync_blocks') or []:
        if not s['is_held']:
            continue
        n += 1
        mine = locks.get(num(s['object']))
        if not mine:
            why.append('sync block %d of %s is missing' % (s['index'], s['object']))
            continue
        owner = r.by_id.get(mine.get('owner'), {})
        if owner.get('managed_id') != s['owner_managed_id']:
            why.append('%s: owner %s, oracle %s' % (s['object'], owner.get('managed_id'), s['owner_managed_id']))
        if mine.get('recursion') != s['recursion']:
            why.append('%s: recursion %s, oracle %s' % (s['object'], mine.get('recursion'), s['recursion']))
        if s['type'] and mine.get('type') and norm(s['type']) != norm(mine['type']):
            why.append('%s: type %s, oracle %s' % (s['object'], mine.get('type'), s['type']))
    tap(not why, name, 'monitors', '\n'.join(why) + '\n(%d)' % n)


def norm(type_name):
    """object and System.Object, nested + and . are one."""
    short = {'object': 'System.Object', 'string': 'System.String', 'int': 'System.Int32'}
    return short.get(type_name, type_name).replace('+', '.').split('<')[0].split('`')[0]


def check_modules(name, o, r):
    why = []
    ours = {}
    for m in r.d.get('modules', []):
        if m.get('managed'):
            ours.setdefault(m.get('name', '').lower(), []).append(m)
    for m in o.get('modules') or []:
        if m['is_dynamic']:
            continue
        mine = ours.get(base(m['name']).lower(), [])
        if not mine:
            why.append('%s is missing' % m['name'])
        elif m['mvid'] and not any(x.get('mvid', '').replace('-', '') == m['mvid'].replace('-', '') for x in mine):
            why.append('%s: mvid %s, oracle %s' % (m['name'], [x.get('mvid') for x in mine], m['mvid']))
    tap(not why, name, 'assemblies', '\n'.join(why))


def check_truth(name, truth, r):
    """Owner and waiters of each lock that somebody waits for, by the names that the program gave. A semaphore keeps
    no owner; the sync blocks, which name owners, are in no small dump: there they may be unknown, but not wrong."""
    why, n = [], 0
    locks = {num(x['address']): x for x in r.d.get('locks', []) if 'address' in x}
    ids = {}
    threads = truth.get('threads')
    for t in threads if isinstance(threads, list) and threads and 'os_id' in threads[0] else []:
        ids[t['name']] = t['os_id']
    for want in truth['locks'] if isinstance(truth.get('locks'), list) else []:
        if not want.get('address') or want.get('type', '').startswith('System.Threading.') or not want.get('waiters'):
            continue
        n += 1
        mine = locks.get(num(want['address']))
        if not mine:
            if not re.search('-(normal|triage|mini)', name):
                why.append('lock %s is missing' % want['address'])
            continue
        owner = r.by_id.get(mine.get('owner'), {}).get('tid')
        if owner != ids.get(want['owner']) and not (owner is None and re.search('-(normal|triage|mini)', name)):
            why.append('%s: owner %s, truth %s' % (want['address'], owner, want['owner']))
        waiters = sorted(r.by_id[w]['tid'] for w in mine.get('waiters', []))
        if waiters != sorted(ids[w] for w in want['waiters']):
            why.append('%s: waiters %s, truth %s' % (want['address'], waiters, want['waiters']))
    if n:
        tap(not why, name, 'owners and waiters', '\n'.join(why))
    pool = r.d.get('threadpool', {})
    if truth.get('pool_threads') and 'queued_global' in pool:
        want = [truth['pool_min_workers'], truth['pool_max_workers'], truth['pool_threads'], truth['pool_pending_items']]
        have = [pool['min'], pool['max'], pool['workers'], pool['queued_global'] + pool.get('queued_local', 0)]
        tap(have == want, name, 'thread pool', '%s, truth %s' % (have, want))
    chain = truth.get('exception_chain')
    if chain:
        have = ['%s|%s' % (e.get('type'), e.get('message')) for e in r.d.get('exceptions', [])]
        missing = [c for c in chain if not any(h.split('|')[0] == c.split('|')[0] for h in have)]
        tap(not missing, name, 'exception chain', 'missing: %s\nours: %s' % (missing, have))


def check_live(name, truth, r):
    """Methods of chains that a thread stands in: on its stack, in this order, at these lines."""
    why, n = [], 0
    threads, chains = truth.get('threads'), truth.get('chains')
    threads = threads if isinstance(threads, list) else []
    tids = {t['chain']: t['tid'] for t in threads if isinstance(t, dict) and 'chain' in t}
    for c in chains if isinstance(chains, list) else []:
        if c.get('name') not in tids:
            continue
        frames = [(f.get('function') or '', f.get('line')) for f in r.frames(tids[c['name']])]
        at = 0
        for want in c['innermost_first']:
            if want.get('kind') != 'live':
                continue
            n += 1
            at = next((i for i in range(at, len(frames)) if re.search(r'\b' + re.escape(want['method']) + r'\b', frames[i][0])), None)
            if at is None:
                why.append('%s: %s is not on the stack of %d' % (c['name'], want['method'], tids[c['name']]))
                break
            if want.get('line') and frames[at][1] != want['line']:
                why.append('%s: %s at line %s, truth %d' % (c['name'], want['method'], frames[at][1], want['line']))
            at += 1
    if n:
        tap(not why, name, 'methods that run', '\n'.join(why) + '\n(%d)' % n)


def check(name, path):
    global nameless
    folder = next(d for d in ('dumps', 'windows', 'arm64/dumps', 'nodac', 'async11') if glob.glob('%s/%s/%s.*' % (corpus, d, name)))
    o = load('%s/%s/%s.oracle.json' % (corpus, folder, name))
    truth = load('%s/%s/%s.truth.json' % (corpus, folder, name)) or {}
    folders = symbols(name)
    for own in (True, False):
        label = name + ('' if own else ' (build unknown)')
        if folders is None:
            skip(label, 'the runtime pack is not at hand (DUMPAN_DOTNET_PACKS)')
            continue
        j, error = report(path, own, folders)
        if not j:
            tap(False, label, 'report', error)
            continue
        if not o or not o.get('clr_found') or 'threads' not in o:
            tap(bool(j['data'].get('runtimes')), label, 'runtime')
            check_truth(label, truth, Report(j))
            check_live(label, truth, Report(j))
            continue
        r = Report(j)
        nameless = bool(re.search('-by-8\\.0', name))
        tap(bool(r.d.get('runtimes')), label, 'runtime')
        check_threads(label, o, r)
        check_stacks(label, o, r)
        check_offsets(label, o, r)
        check_exceptions(label, o, r)
        check_locks(label, o, r)
        check_modules(label, o, r)
        check_truth(label, truth, r)


def wanted(name):
    return fnmatch.fnmatch(name, only)


def unpacked():
    """(name, path) of every dump, one pack at a time; what was unpacked here goes away again."""
    ready = os.environ.get('DUMPAN_DOTNET_DUMPS')
    if ready:
        for path in sorted(glob.glob(ready + '/*.core') + glob.glob(ready + '/*.dmp')):
            yield os.path.splitext(os.path.basename(path))[0], path
        return
    for pack in sorted(glob.glob(corpus + '/*/pack-*.tar.zst') + glob.glob(corpus + '/*/dumps/pack-*.tar.zst')):
        names = [m.split('\t')[0] for m in open(pack.replace('.tar.zst', '.members.tsv'), encoding='utf-8')] if os.path.exists(
            pack.replace('.tar.zst', '.members.tsv')) else ['*']
        if only != '*' and names != ['*'] and not any(wanted(os.path.splitext(os.path.basename(n))[0]) for n in names):
            continue
        folder = tempfile.mkdtemp(dir=os.environ.get('T'))
        unzip = subprocess.Popen(['zstd', '-dqc', '--long=30', pack], stdout=subprocess.PIPE)
        subprocess.run(['tar', '-C', folder, '-xSf', '-'], stdin=unzip.stdout, check=True)
        unzip.wait()
        for path in sorted(glob.glob(folder + '/**/*.core', recursive=True)):
            yield os.path.splitext(os.path.basename(path))[0], path
        shutil.rmtree(folder)
    folder = tempfile.mkdtemp(dir=os.environ.get('T'))   # most of them are differences to another one
    names = [os.path.basename(x)[:-len('.dmp.zst')] for x in sorted(glob.glob(corpus + '/windows/*.dmp.zst'))]
    names = [n for n in names if wanted(n)]
    if names:
        subprocess.run([corpus + '/windows/unpack.sh', folder] + names, check=True)
    for name in names:
        yield name, '%s/%s.dmp' % (folder, name)
    shutil.rmtree(folder)
    for packed in sorted(glob.glob(corpus + '/*/*.core.zst')):
        name = os.path.basename(packed)[:-len('.zst')]
        if not wanted(os.path.splitext(name)[0]):
            continue
        folder = tempfile.mkdtemp(dir=os.environ.get('T'))
        subprocess.run(['zstd', '-dqf', '--long=30', packed, '-o', folder + '/' + name], check=True)
        yield os.path.splitext(name)[0], folder + '/' + name
        shutil.rmtree(folder)


for dump, where in unpacked():
    if wanted(dump):
        check(dump, where)
print('1..%d' % count)
sys.exit(bad > 0)
