"""Profiles that are kept here: one output of a dbt profile, as YAML, with references to secrets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from core.kit.errors import FieldError, Invalid

FIELD: Final = "profile_yaml"
LONGEST: Final = 20_000
_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")
_SENSITIVE: Final = re.compile(
    r"pass|pwd|token|secret|private_key|api_?key|access_key|account_key|keyfile_json|credential|signature"
    r"|connection_string|\bdsn\b|\bauth\b|bearer|jwt"
)
# They say where something is, or which one; not what it is.
_HARMLESS: Final = re.compile(r"(_path|_uri|_url|_file|_id|_endpoint|_type|_name|_seconds|_cache\w*)$")
_REFERENCE: Final = re.compile(
    r"""\s*\{\{\s*env_var\(\s*(['"])\w+\1\s*\)\s*(\|\s*(as_text|as_native|trim|string)\s*)?\}\}\s*"""
)
_NAMED: Final = re.compile(r"""env_var\(\s*(['"])(\w+)\1""")
# A password in an address, or in a parameter of one.
_IN_TEXT: Final = re.compile(
    r"://[^/\s:@]*:(?!\s*\{\{)[^@\s/]+@|(?:token|password|pwd|secret|key)\s*=\s*(?!\s*\{\{)[^\s&;]|-----BEGIN",
    re.IGNORECASE,
)
MEND: Final = "Make it a secret of the environment and write \"{{ env_var('NAME') }}\" here."


def check_profile(text: str) -> tuple[str, str]:
    """A profile as it is kept, and its adapter. Comments are dropped: they could hold what must not be kept.

    Raises:
        Invalid: it is no output of a profile, or holds a secret in plain text; its values are not repeated.
    """
    output = _parsed(text)
    adapter = output.get("type")
    if not isinstance(adapter, str) or not _TYPE.fullmatch(adapter):
        raise _invalid("needs `type`, the name of an adapter such as postgres")
    if plain := sorted(set(_plain_secrets(output, ""))):
        named = ", ".join(plain)
        detail = FieldError(FIELD, f"holds what looks like a secret in plain text: {named}. {MEND}")
        raise Invalid(
            f"The profile was not kept. It holds a secret in plain text: {named}.",
            hint=MEND,
            details=[detail],
        )
    return _dumped(output), adapter


def references_of(text: str) -> list[str]:
    """The variables that a profile reads, by name."""
    texts = _texts(yaml.safe_load(text)) if text else ()
    return sorted({name for found in texts for _, name in _NAMED.findall(found)})


class _Dumper(yaml.SafeDumper):
    """Writes `"{{ env_var('NAME') }}"` as people do, not with every quote doubled."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if "'" in value and '"' not in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _dumped(content: Any) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        items: list[Any] = list(value.values() if isinstance(value, dict) else value)  # pyright: ignore[reportUnknownArgumentType]
        for item in items:
            yield from _texts(item)


def profiles_file(profile: str, target: str, kept: str) -> str:
    """The content of a profiles.yml that has this one output."""
    output: Any = yaml.safe_load(kept)
    content = {profile: {"target": target, "outputs": {target: output}}}
    return _dumped(content)


def _parsed(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST:
        raise _invalid(f"must be at most {LONGEST} characters")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise _invalid("takes no aliases (`*name`)")
        content: Any = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        # What PyYAML quotes may be a password.
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise _invalid(f"is not valid YAML{where}: {error.problem or 'it cannot be read'}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _invalid("is not valid YAML") from None
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):  # pyright: ignore[reportUnknownVariableType]
        raise _invalid("must be a mapping, such as `type: postgres`")
    output: dict[str, Any] = content  # pyright: ignore[reportUnknownVariableType]
    if "outputs" in output or any(isinstance(v, dict) and "outputs" in v for v in output.values()):
        raise _invalid("takes one output only: what stands below the name of a target in `outputs`")
    return output


def _plain_secrets(value: Any, place: str, *, sensitive: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        items: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        for key, item in items.items():
            inside = f"{place}.{key}" if place else str(key)
            yield from _plain_secrets(item, inside, sensitive=_is_sensitive(str(key)))
    elif isinstance(value, list):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _plain_secrets(item, place, sensitive=sensitive)
    elif _is_plain_secret(value, sensitive=sensitive):
        yield place


def _is_plain_secret(value: Any, *, sensitive: bool) -> bool:
    if value is None or value == "" or isinstance(value, bool):
        return False
    if isinstance(value, str) and _IN_TEXT.search(value):
        return True
    return sensitive and not (isinstance(value, str) and _REFERENCE.fullmatch(value))


def _is_sensitive(key: str) -> bool:
    name = key.lower()
    return bool(_SENSITIVE.search(name)) and not _HARMLESS.search(name)


def _invalid(reason: str) -> Invalid:
    return Invalid(f"The profile was not kept: it {reason}.", details=[FieldError(FIELD, reason)])
