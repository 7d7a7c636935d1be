"""Ends a process together with the one that started it."""

import os
import signal
import threading


def die_with_parent() -> None:
    """Kill this process's whole group once its standard input closes.

    The starter holds the other end of the pipe, so the group ends however the starter ends, by a crash or SIGKILL too.
    The process must lead its own group: start it with `start_new_session`.
    """

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
