#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Managed frames, instruction and stack pointers, of every thread against ClrMD's (oracle.json).

dotnet_frames.py ORACLE.json[.zst] REPORT: REPORT is `dumpan report --format json`, or what tests/diff/stacks -r
prints (a report has the stack pointers of one thread of a group only; stacks has all). One line a difference, then
one of counts; exit 1 if there is a difference.

What is no difference: ClrMD prints no frame for stubs; an active InlinedCallFrame gives it the return address that
the caller wrote down, some bytes before the true one (same method, same stack pointer); it stops at reverse P/Invoke,
behind which ours go on; it keeps the first 400 frames."""
import json, re, subprocess, sys


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
            rows.append((number(f['pc']), number(f['sp']) if shown and 'sp' in f else None, f['kind'], n, block))
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


def main():
    oracle = load(sys.argv[1])
    text = open(sys.argv[2], encoding='utf-8').read()
    ours = from_report(json.loads(text)) if text.lstrip().startswith('{') else from_lines(text)
    told, frames, threads, beyond, near = [], 0, 0, 0, 0
    for t in oracle['threads']:
        if not t['is_alive'] or t['os_id'] not in ours:
            continue
        want, behind = [], False
        for f in t['frames']:
            if f['kind'] == 'managed':
                want.append((number(f['ip']), number(f['sp']), f.get('method') or '?', behind))
            behind = f['kind'] == 'runtime'
        have = [(pc, sp) for pc, sp, kind in unfold(ours[t['os_id']], 2000) if kind == 'managed']
        threads += 1
        frames += len(want)
        lines, more = compare('thread %d' % t['os_id'], want, have, t['frame_count'] > len(t['frames']))
        told += lines
        if more:
            beyond += 1
            told.append('thread %d: %d frames more: ip %#x sp %#x' % (t['os_id'], more, have[len(want)][0], have[len(want)][1] or 0))
    for line in told:
        print(line)
    print('%d threads, %d managed frames, %d differences' % (threads, frames, len(told)))
    return 1 if told else 0


if __name__ == '__main__':
    sys.exit(main())
