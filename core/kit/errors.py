"""Errors of the domain. They know no HTTP; `api.kit.errors` translates them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One field of the input that is wrong, and why."""

    field: str
    message: str


class WorkbenchError(Exception):
    """What went wrong, how to mend it, and which fields are to blame.

    `code` is stable and meant for programs; `message` and `hint` are for people.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str | None = None, details: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)


class NotFound(WorkbenchError):
    """The thing named does not exist, or the actor may not know that it does."""

    code = "not_found"


class Forbidden(WorkbenchError):
    """The actor's role does not allow it."""

    code = "forbidden"


class Conflict(WorkbenchError):
    """The state of the thing does not allow it now."""

    code = "conflict"


class Invalid(WorkbenchError):
    """The input is wrong; `details` names the fields."""

    code = "invalid"


class Busy(WorkbenchError):
    """Somebody else holds what is needed."""

    code = "busy"


class Unavailable(WorkbenchError):
    """A part of the product that is needed for this does not answer."""

    code = "unavailable"


class Unauthenticated(WorkbenchError):
    """Nobody is logged in, or what was shown to prove it is not good (any more)."""

    code = "unauthenticated"


class TooMany(WorkbenchError):
    """Asked too often; `retry_after_seconds` says when the next attempt is taken."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after_seconds: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds
