"""When somebody calls it over the API, with a token."""

from typing import Final

from core.schedules.kinds.kind import Kind

KIND: Final = Kind(
    "api",
    "API call",
    "When it is called over the API, with a token.",
    lambda _raw, _around: {},
    lambda _settings, _around: {},
    lambda _settings, _around: "When it is called over the API",
)
