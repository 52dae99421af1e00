#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""IL offsets and source lines of managed frames of the corpus' dumps against ClrMD's (oracle.json). TAP on standard output.

ClrMD answers 0 for methods that were compiled more than once, where it looks at another version's map, and a
negative number for code without IL, for which da_il gives the offset before it: these two are not compared.
$DUMPAN_CORPUS is the corpus, $DUMPAN_DOTNET_DUMPS a folder where its dumps lie unpacked, $DUMPAN_DOTNET_ONLY (optional) a
pattern of names."""
import collections, fnmatch, glob, json, os, shutil, subprocess, sys, tempfile

corpus, tool = os.environ['DUMPAN_CORPUS'] + '/dotnet', sys.argv[1]
only = os.environ.get('DUMPAN_DOTNET_ONLY', '*')
count = bad = 0


def load(path):
    data = subprocess.run(['zstd', '-dqc', path], capture_output=True, check=True).stdout if path.endswith('.zst') else open(path, 'rb').read()
    return json.loads(data)


def frames(oracle):
    """(address, 1 for a caller, IL offset, name, file, line) of managed frames."""
    for t in oracle.get('threads') or []:
        for i, f in enumerate(t.get('frames') or []):
            if f['kind'] == 'managed' and f.get('il_offset') is not None:
                yield f['ip'], int(i > 0), f['il_offset'], f.get('method'), f.get('file'), f.get('line')


def check(name, dump, oracle):
    global count, bad
    want = list(frames(oracle))
    p = subprocess.run([tool, dump, *(corpus + d for d in ('/scenario-binaries', '/nodac', '/windows/symbols', '/arm64/scenario-binaries')), *programs], input=''.join('%s %d\n' % f[:2] for f in want), capture_output=True, text=True, timeout=300)
    seen, wrong = collections.Counter(), []
    for f, line in zip(want, p.stdout.splitlines()):
        got = line.split()
        if f[4] and len(got) > 2:
            if got[4:] == [str(f[5]), f[4]]:
                seen['lines equal'] += 1
            elif f[2] >= 0 and got[1] == str(f[2]) and got[4:]: # else its PDB is not in the corpus
                wrong.append('%s at %s: %s, ClrMD %s %d' % (f[3], f[0], ' '.join(got[4:]), f[4], f[5]))
        if len(got) == 2:
            seen['not read'] += 1
        elif f[2] < 0 or (f[2] == 0 and got[1] != '0'):
            seen['not compared'] += 1
        elif int(got[1]) == f[2]:
            seen['equal'] += 1
        else:
            wrong.append('%s at %s: %s, ClrMD %d' % (f[3], f[0], got[1], f[2]))
    count += 1
    ok = not wrong and p.returncode in (0, 1)
    bad += not ok
    print('%s %d - %s: %s' % ('ok' if ok else 'not ok', count, name, ', '.join('%d %s' % (seen[k], k) for k in sorted(seen)) or 'none'))
    for w in wrong[:10]:
        print('# ' + w)
    return seen


def unpacked(name, scratch):
    """The dump and whether it is ours to delete."""
    for e in ('.core', '.dmp'):
        p = os.path.join(os.environ.get('DUMPAN_DOTNET_DUMPS', '/nonexistent'), name + e)
        if os.path.exists(p):
            return p, False
    return None, False


def unpack_program(scratch):
    """The corpus' single-file program, with a composite image inside."""
    packed, folder = corpus + '/nodac/ShopRunner-8.0.31-sftr.reduced.xz', os.path.join(scratch, 'program')
    if not os.path.exists(packed) or not shutil.which('xz'):
        return []
    os.mkdir(folder)
    with open(folder + '/ShopRunner', 'wb') as f:
        subprocess.run(['xz', '-dc', packed], stdout=f, check=True)
    shutil.copy(corpus + '/nodac/ShopRunner-8.0.31-sftr.pdb', folder + '/ShopRunner.pdb')
    return [folder]


total = collections.Counter()
scratch = tempfile.mkdtemp(prefix='dumpan-il.')
programs = unpack_program(scratch)
try:
    for path in sorted(glob.glob(corpus + '/*/*.oracle.json*') + glob.glob(corpus + '/*/*/*.oracle.json*')):
        name = os.path.basename(path).split('.oracle.json')[0]
        if not fnmatch.fnmatch(name, only):
            continue
        dump, ours = unpacked(name, scratch)
        if dump:
            total += check(name, dump, load(path))
            if ours:
                os.unlink(dump)
finally:
    shutil.rmtree(scratch)
for what, least in ('equal', 6900), ('lines equal', 3500):
    count += 1
    enough = total[what] >= least or only != '*'
    bad += not enough
    print('%s %d - %d offsets or lines: %s' % ('ok' if enough else 'not ok', count, total[what], what))
print('1..%d' % count)
sys.exit(bad > 0)
