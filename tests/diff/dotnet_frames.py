#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Managed frames, instruction and stack pointers, of every thread against ClrMD's (oracle.json), or for aarch64, which
ClrMD does not read, against an independent reader's (stacks.txt).

dotnet_frames.py ANSWER REPORT: ANSWER is NAME.oracle.json[.zst] or NAME.stacks.txt, REPORT `dumpan report --format json`, or what tests/diff/stacks -r
prints (a report has the stack pointers of one thread of a group only; stacks has all). One line a difference, then
one of counts; exit 1 if there is a difference.

What is no difference: ClrMD prints no frame for stubs; an active InlinedCallFrame gives it the return address that
the caller wrote down, some bytes before the true one (same method, same stack pointer); it stops at reverse P/Invoke,
behind which ours go on; it keeps the first 400 frames.

dotnet_frames.py --all STACKS EXPLAINED.tsv: TAP, one line for each dump in $DUMPAN_DOTNET_DUMPS (NAME.core, NAME.dmp)
with an answer in $DUMPAN_CORPUS, with no files given; and where createdump wrote a report of the crash (NAME.crashreport.json),
another: every frame of its stacks, native ones too, must be in ours. (It sorts them by stack pointer, and stops where the
runtime was entered first.)"""
import fnmatch, glob, json, os, re, subprocess, sys


def number(x):
    return int(x, 16) if isinstance(x, str) else x


def load(path):
    data = open(path, 'rb').read()
    if path.endswith('.zst'):
        data = subprocess.run(['zstd', '-dqc'], input=data, capture_output=True, check=True).stdout
    return json.loads(data)


def unfold(frames, most):
    """(pc, sp, kind, repeat, block) to frames; those of the rounds after the first have no sp."""
    out, i = [], 0
    while i < len(frames) and len(out) < most:
        pc, sp, kind, repeat, block = frames[i]
        for k in range(repeat):
            out += [(f[0], f[1] if k == 0 else None, f[2]) for f in frames[i:i + block]]
            if len(out) >= most:
                break
        i += block if repeat > 1 else 1
    return out


def from_lines(text):
    threads, frames = {}, None
    for line in text.split('\n'):
        w = line.split(' ')
        if w[0] == 'thread':
            frames = threads.setdefault(int(w[1]), [])
        elif frames is not None and len(w) > 6:
            repeat, block = w[4].split('/')
            frames.append((int(w[1], 16), int(w[2], 16), w[-1], int(repeat), int(block)))
    return threads


def from_report(j):
    threads, groups = {}, {s['group']: s for s in j['data'].get('stacks', [])}
    for t in j['data'].get('threads', []):
        s = groups.get(t.get('stack_group'))
        frames, shown = [f for f in s['frames'] if not f.get('inlined')] if s else [], s and s['threads'][0] == t['id']
        rows = []
        for i, f in enumerate(frames):
            n = f.get('repeat', 1)
            block = 1
            while n > 1 and i + block < len(frames) and frames[i + block].get('repeat') == n:
                block += 1
            # methods that were made at run time are methods too; code that only leads to one is not
            method = f['kind'] in ('managed', 'dynamic') or (f['kind'] == 'stub' and '(stub)' in f.get('function', ''))
            rows.append((number(f['pc']), number(f['sp']) if shown and 'sp' in f else None, 'managed' if method else f['kind'], n, block))
        threads[t['tid']] = rows
    return threads


def compare(name, want, have, cut):
    """want: (ip, sp, method, behind a runtime frame) of ClrMD, have: (pc, sp) of ours."""
    told = []
    for i, w in enumerate(want):
        if i >= len(have):
            told.append('%s: frame %d is missing, and %d more: ip %#x sp %#x %s' % (name, i, len(want) - i - 1, w[0], w[1], w[2]))
            break
        h = have[i]
        near = w[3] and 0 <= h[0] - w[0] < 64
        if (w[0] != h[0] and not near) or (h[1] is not None and w[1] != h[1]):
            told.append('%s: frame %d: ip %#x sp %#x, not ip %#x sp %#x %s' %
                        (name, i, h[0], h[1] or 0, w[0], w[1], w[2]))
            break
    more = 0 if cut else max(0, len(have) - len(want))
    return told, more


def answer_of_clrmd(oracle, tids):
    """tid to (frames, are there more)."""
    threads = {}
    for t in oracle.get('threads', []):
        if not t['is_alive'] or t['os_id'] not in tids:
            continue
        want, behind = [], False
        for f in t['frames']:
            if f['kind'] == 'managed':
                want.append((number(f['ip']), number(f['sp']), f.get('method') or '?', behind))
            behind = f['kind'] == 'runtime'
        threads[t['os_id']] = want, t['frame_count'] > len(t['frames'])
    return threads


def answer_of_lines(text):
    """`thread ADDRESS id N os TID …` and `  IP sp SP jit|ready METHOD` lines."""
    threads, want = {}, None
    for line in text.split('\n'):
        m = re.match(r'thread \w+ id \d+ os (\d+)', line)
        if m:
            want = []
            threads[int(m[1])] = want, False
            continue
        m = re.match(r'\s+([0-9a-f]+) sp ([0-9a-f]+) (?:jit|ready)\w* (.*)', line)
        if m and want is not None:
            want.append((int(m[1], 16), int(m[2], 16), m[3], False))
    return threads


def differences(answer, ours_text):
    """(lines, threads, frames)"""
    ours = from_report(json.loads(ours_text)) if ours_text.lstrip().startswith('{') else from_lines(ours_text)
    if answer.endswith('.stacks.txt'):
        threads = answer_of_lines(open(answer, encoding='utf-8').read())
    else:
        threads = answer_of_clrmd(load(answer), ours)
    told, frames = [], 0
    for tid, (want, cut) in threads.items():
        have = [(pc, sp) for pc, sp, kind in unfold(ours.get(tid, []), 2000) if kind == 'managed']
        frames += len(want)
        lines, more = compare('thread %d' % tid, want, have, cut)
        told += lines
        if more and not lines:
            told.append('thread %d: %d frames more: ip %#x sp %#x' % (tid, more, have[len(want)][0], have[len(want)][1] or 0))
    return told, len(threads), frames


def missing_of_createdump(report, ours):
    """(lines, threads, frames)"""
    told, threads, frames = [], 0, 0
    for t in report['payload']['threads']:
        tid = int(t['native_thread_id'], 16)
        theirs = [(number(f['native_address']), number(f['stack_pointer']), f.get('is_managed') == 'true')
                  for f in t.get('stack_frames', []) if 'stack_pointer' in f and 'native_address' in f]
        mine = {}
        for pc, sp, kind, repeat, block in ours.get(tid, []):
            mine.setdefault(sp, set()).add(pc)
        if any(f[3] > 1 for f in ours.get(tid, [])): # of a fold the first round has stack pointers
            continue
        threads += 1
        frames += len(theirs)
        for pc, sp, managed in theirs:
            if not any(pc == m or (managed and 0 <= m - pc < 64) for m in mine.get(sp, ())):
                told.append('thread %d: ip %#x sp %#x of createdump is missing' % (tid, pc, sp))
    return told, threads, frames


def answers(corpus):
    """name of a dump to the file with its answer"""
    found = {}
    for path in sorted(glob.glob(corpus + '/dotnet/**/*', recursive=True)):
        m = re.match(r'(.*)\.(oracle\.json|oracle\.json\.zst|stacks\.txt)$', os.path.basename(path))
        if m:
            found[m[1]] = path
    return found


class Tap:
    def __init__(self, explained):
        self.explained = [line.rstrip('\n').split('\t') for line in open(explained, encoding='utf-8') if line[0] != '#']
        self.count = self.bad = 0

    def line(self, name, what, told):
        why = next((e[1] for e in self.explained if fnmatch.fnmatch(name, e[0])), None)
        self.count += 1
        if told and not why:
            self.bad += 1
            print('not ok %d - %s: %s' % (self.count, name, what))
            for text in told[:6]:
                print('# ' + text)
        else:
            print('ok %d - %s: %s%s' % (self.count, name, what, ', %d differ: %s' % (len(told), why) if told else ''))
        sys.stdout.flush()


def check_all(stacks, explained):
    tap, where = Tap(explained), answers(os.environ['DUMPAN_CORPUS'])
    for path in sorted(glob.glob(os.environ['DUMPAN_DOTNET_DUMPS'] + '/*')):
        name, ext = os.path.splitext(os.path.basename(path))
        if ext not in ('.core', '.dmp') or name not in where or not fnmatch.fnmatch(name, os.environ.get('DUMPAN_DOTNET_ONLY', '*')):
            continue
        p = subprocess.run([stacks, '-n', '-r', path], capture_output=True, text=True, timeout=300)
        if p.returncode:
            tap.line(name, 'stacks', [p.stderr[:300] or 'exit %d' % p.returncode])
            continue
        told, threads, frames = differences(where[name], p.stdout)
        if threads: # of programs compiled ahead of time, and dumps without structures, the answer has none
            tap.line(name, '%d threads, %d managed frames' % (threads, frames), told)
        report = os.path.join(os.path.dirname(where[name]), name + '.crashreport.json')
        if os.path.exists(report):
            told, threads, frames = missing_of_createdump(load(report), from_lines(p.stdout))
            tap.line(name, '%d threads, %d frames of createdump' % (threads, frames), told)
    print('1..%d' % tap.count)
    return 1 if tap.bad else 0


def main():
    if sys.argv[1] == '--all':
        return check_all(sys.argv[2], sys.argv[3])
    told, threads, frames = differences(sys.argv[1], open(sys.argv[2], encoding='utf-8').read())
    for line in told:
        print(line)
    print('%d threads, %d managed frames, %d differences' % (threads, frames, len(told)))
    return 1 if told else 0


if __name__ == '__main__':
    sys.exit(main())
