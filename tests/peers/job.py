"""The job with pyterminate: remove a file, write one line, end by the signal (by its number as exit code)."""

import os
import signal
import sys
import time

import pyterminate

LOG = os.open(os.environ["TERMINATE_STORM_LOG"], os.O_WRONLY | os.O_APPEND)
PATH = os.path.join(os.environ["TERMINATE_STORM_DIR"], "scratch")
PLAN = dict(word.split("=", 1) for word in os.environ["TERMINATE_STORM_PLAN"].split())
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def say(what):
    os.write(LOG, f"{time.monotonic_ns()} {os.getpid()} {what}\n".encode())


def clean_up():
    say("begin job -")
    os.unlink(PATH)
    say("end job")


for number in SIGNALS:
    say(f"status {int(number)} {int(number)}")
open(PATH, "w").close()
say("arming job 1")
pyterminate.register(clean_up, signals=SIGNALS)
say("armed job scratch")
if PLAN["exit"] == "wait":
    while True:
        signal.pause()
time.sleep(int(PLAN["nap"]) / 1e6)
if PLAN["exit"] == "panic":
    say("ends panic 1")
    raise RuntimeError("as planned")
say("ends exit 7")
sys.exit(7)
