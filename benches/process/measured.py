"""What is measured, with pyterminate: `measured.py HOOKS signal|return`. See program.rs."""

import os
import signal
import sys
import time

import pyterminate

told = False


def hook(*_):
    global told
    if not told:
        told = True
        os.write(1, b"%d\n" % time.monotonic_ns())
    os.write(1, b".")


begun = time.monotonic_ns()
for number in range(int(sys.argv[1])):
    pyterminate.register(
        lambda number=number: hook(number),
        signals=(signal.SIGINT, signal.SIGTERM),
    )
os.write(1, b"%d\n" % (time.monotonic_ns() - begun))
if sys.argv[2] == "return":
    os.write(1, b"%d\n" % time.monotonic_ns())
else:
    while True:
        signal.pause()
