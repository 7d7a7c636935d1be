"""What every floor stands on."""

import signal

# A shell that runs the suite in the background has it ignore SIGINT, and its children inherit that: the tests that
# send Ctrl-C to a command would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
