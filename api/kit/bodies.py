"""What every body of a request has in common."""

from typing import Any

from pydantic import BaseModel, field_validator


class Strict(BaseModel):
    """A body in which nothing unknown is overlooked, and no text that cannot be kept."""

    model_config = {"extra": "forbid"}

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not _is_storable(text):
                msg = "cannot hold the character NUL, nor half a character"
                raise ValueError(msg)
        return value


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
