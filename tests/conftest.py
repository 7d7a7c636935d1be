"""What every floor stands on."""

import signal

from hypothesis import settings

# A shell that runs the suite in the background has it ignore SIGINT, and its children inherit that: the tests that
# send Ctrl-C to a command would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A red suite is the change's own doing: the same examples each time, until a test or what it tests changes.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")
