"""Failures of the local stack.

LocalError
├── ToolMissingError   a program is not installed; the text says what to run
├── CommandError       a child program ended with a failure; the text carries the tail of its output
├── BuildError         the scanner's image could not be built; the text says how to do without
├── PlacementError     the container engine cannot put a task into the network that it should be in
├── StartError         a background process ended or stayed silent while it was waited for
└── PortTakenError     something that is not ours answers on the port
"""


class LocalError(Exception):
    """A step of `vedette up` or `down` failed; the message is meant for the user."""


class ToolMissingError(LocalError):
    pass


class CommandError(LocalError):
    pass


class BuildError(LocalError):
    pass


class PlacementError(LocalError):
    pass


class StartError(LocalError):
    pass


class PortTakenError(LocalError):
    pass
