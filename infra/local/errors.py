"""Failures of the local stack.

LocalError
├── ToolMissingError   a program is not installed; the text says what to run
├── CommandError       a child program ended with a failure; the text carries the tail of its output
├── StartError         a background process ended or stayed silent while it was waited for
└── PortTakenError     something that is not ours answers on the port
"""


class LocalError(Exception):
    """A step of `vedette up` or `down` failed; the message is meant for the user."""


class ToolMissingError(LocalError):
    pass


class CommandError(LocalError):
    pass


class StartError(LocalError):
    pass


class PortTakenError(LocalError):
    pass
