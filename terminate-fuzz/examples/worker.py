"""A worker with a scratch file, which tells the storm what becomes of its cleanup."""
import os, signal, time

log = os.open(os.environ["TERMINATE_STORM_LOG"], os.O_WRONLY | os.O_APPEND)
scratch = os.path.join(os.environ["TERMINATE_STORM_DIR"], "scratch")

def say(what):
    os.write(log, f"{time.monotonic_ns()} {os.getpid()} {what}\n".encode())

def tidy(number, frame):
    signal.signal(number, signal.SIG_IGN)  # Or the next one interrupts this one.
    say(f"begin tidy {number}")
    os.unlink(scratch)
    say("end tidy")
    os._exit(128 + number)

open(scratch, "w").close()
say(f"status {signal.SIGTERM:d} {128 + signal.SIGTERM}")
say("arming tidy 1")
signal.signal(signal.SIGTERM, tidy)
say("armed tidy scratch")
while True:
    signal.pause()
