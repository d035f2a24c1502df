"""When artifacts have been brought and taken in; what runs here leave behind does not count."""

from typing import Any, Final

from core.kit.errors import FieldError, Invalid
from core.schedules.kinds.kind import Around, Kind, Settings


def _check(raw: Settings, around: Around) -> dict[str, Any]:
    key = raw.get("environment")
    if key is None:
        return {"environment_id": None}
    environment_id = around.environment_id(key)
    if environment_id is None:
        known = ", ".join(around.environments.values()) or "none"
        said = f"{key!r} is not an environment of this workspace (it has: {known})"
        hint = "Name one of them, or leave it out: artifacts of any environment count then."
        raise Invalid(said, hint=hint, details=[FieldError("environment", said)])
    return {"environment_id": environment_id}


def _shown(settings: Settings, around: Around) -> dict[str, Any]:
    number = settings.get("environment_id")
    return {"environment": None if number is None else around.environments.get(number)}


def _words(settings: Settings, around: Around) -> str:
    key = _shown(settings, around)["environment"]
    where = "any environment" if settings.get("environment_id") is None else (key or "one that is gone")
    return f"When artifacts of {where} have been brought and taken in"


KIND: Final = Kind(
    "artifacts", "New artifacts", "When artifacts have been brought and taken in.", _check, _shown, _words
)
