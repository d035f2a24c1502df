"""Why the stack cannot start or go on. Each is one sentence for the terminal and an exit code."""

from core.kit.errors import WorkbenchError


class CannotStart(WorkbenchError):
    """The machine, the data folder or the database does not allow a start."""

    code = "cannot_start"
    exit_code = 3


class AlreadyRunning(CannotStart):
    """Another supervisor holds this data folder."""

    code = "already_running"
    exit_code = 4


class PartFailed(CannotStart):
    """A part was started and did not come up."""

    code = "part_failed"
    exit_code = 1
