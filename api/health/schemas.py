"""Answers about health and configuration."""

from typing import Literal

from pydantic import BaseModel


class HealthOut(BaseModel):
    """The process lives."""

    status: Literal["ok"]
    version: str


class CheckOut(BaseModel):
    """One part that the product needs; `plugin` names who asks for it, where the product itself does not."""

    name: str
    status: Literal["ok", "failed"]
    message: str | None
    seconds: float
    plugin: str | None = None


class ReadinessOut(BaseModel):
    """Whether every part answers."""

    status: Literal["ready", "not_ready"]
    checks: list[CheckOut]


class PasswordRulesOut(BaseModel):
    """What a password must be like."""

    min_length: int
    require_uppercase: bool
    require_lowercase: bool
    require_digit: bool
    require_symbol: bool


class ConfigOut(BaseModel):
    """Public configuration. `metadata_edits`: whether people may say owner, tags and the like themselves."""

    version: str
    auth_enabled: bool
    metadata_edits: bool
    dagster_path: str
    password_rules: PasswordRulesOut
