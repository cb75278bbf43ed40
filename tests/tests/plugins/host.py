"""A program in Python that loads plugins with a copy of this library in each, and does the rest of its arguments:
`host.py PROGRAM PLUGIN…`."""

import atexit
import ctypes
import os
import signal
import sys


def say(what):
    os.write(1, what.encode() + b"\n")


def load(kind="terminate_tests_register"):
    for plugin in sys.argv[2:]:
        getattr(ctypes.CDLL(plugin), kind)(0, 2000)


def wait():
    say("ready")
    os.read(0, 1)


def on_sigterm(number, frame):
    say("python's handler")
    sys.exit(5)


atexit.register(say, "atexit")
exec(sys.argv[1])
