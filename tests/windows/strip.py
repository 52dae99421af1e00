# SPDX-License-Identifier: Apache-2.0
"""A Windows image without its debug sections that still is the same image: with the size and the time stamp of before.

usage: strip.py STRIP IMAGE COPY
"""
import struct
import subprocess
import sys

strip, image, copy = sys.argv[1:]
subprocess.run([strip, "-o", copy, image], check=True)
with open(image, "rb") as f:
    before = f.read(4096)
with open(copy, "r+b") as f:
    after = f.read(4096)
    old = struct.unpack_from("<I", before, 0x3C)[0]
    new = struct.unpack_from("<I", after, 0x3C)[0]
    for at in (8, 24 + 56):  # TimeDateStamp, SizeOfImage
        f.seek(new + at)
        f.write(before[old + at:old + at + 4])
