"""A program in Python that loads us: `host.py LIBRARY ends|stays never|before|after GRACE LINGER`, as the fixture's `matrix`.

SIGINT raises KeyboardInterrupt, as Python has it by itself; SIGTERM raises SystemExit. The work is done in a `finally`. Where
it ends the program, a function of `atexit` says that it is done.
"""

import atexit
import ctypes
import os
import signal
import sys
import time

library, ends, installed, grace, linger = sys.argv[1:]


def say(line):
    os.write(1, line.encode() + b"\n")


def install():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))


def install_us():
    ctypes.CDLL(library).terminate_tests_register(int(grace), int(linger))


def wait_for_line():
    """Whether there is one. Otherwise it was a signal, and the work is done."""
    is_line = False
    try:
        os.read(0, 1)
        is_line = True
    except (KeyboardInterrupt, SystemExit):
        if ends == "ends":
            atexit.register(say, "work done")
            raise
    finally:
        if not is_line:
            say("work")
            time.sleep(0.03)
            if ends == "stays":
                say("work done")
    return is_line


if installed != "after":
    install()
if installed != "never":
    install_us()
if installed == "after":
    install()
say("ready")
while not wait_for_line():
    pass
sys.exit(9)
