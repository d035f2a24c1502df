"""Names of environment variables: what any dbt may inherit, and what nobody else may set."""

import re
from typing import Final

# What any process of ours may inherit: where things are, who and where one is, and the way to the network.
BASE_VARIABLES: Final = frozenset(
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "TMPDIR",
        "TZ",
        "LANG",
        "LANGUAGE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "SYSTEMROOT",
    ]
)

# Whoever asks for a run may choose flags from the allow-list only. These are ours to set, or would
# silence the events and artifacts that a run is read from.
RESERVED: Final = frozenset(
    {
        "DBT_TARGET_PATH",
        "DBT_LOG_PATH",
        "DBT_PROFILES_DIR",
        "DBT_PROJECT_DIR",
        "DBT_PROFILE",
        "DBT_TARGET",
        "DBT_LOG_FORMAT",
        "DBT_LOG_LEVEL",
        "DBT_QUIET",
        "DBT_USE_COLORS",
        "DBT_WRITE_JSON",
        "DBT_STATE",
        "DBT_DEFER",
        "DBT_DEFER_STATE",
        "DBT_FAVOR_STATE",
        "DBT_PARTIAL_PARSE_FILE_PATH",
        "DBT_SEND_ANONYMOUS_USAGE_STATS",
    }
)
# dbt 1.11 reads each of its settings under this prefix too, and prefers it.
ENGINE_PREFIX: Final = "DBT_ENGINE_"

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_NAME: Final = 200
# Where and when one is may differ between environments; the rest says which programs and files are used.
HARMLESS: Final = frozenset({"TZ", "LANG", "LANGUAGE"})
# With these, a program loads or starts something else than it would.
LOADERS: Final = ("LD_", "DYLD_", "PYTHON", "GIT_CONFIG", "BASH_FUNC_", "WORKBENCH_", "DAGSTER_")
STARTERS: Final = frozenset(
    {
        "ALL_PROXY",
        "BASH_ENV",
        "ENV",
        "GCONV_PATH",
        "GIT_ASKPASS",
        "GIT_DIR",
        "GIT_EDITOR",
        "GIT_EXEC_PATH",
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "GIT_PROXY_COMMAND",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_TEMPLATE_DIR",
        "GLIBC_TUNABLES",
        "IFS",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "OPENSSL_CONF",
        "OPENSSL_ENGINES",
        "OPENSSL_MODULES",
        "PERL5LIB",
        "PERL5OPT",
        "SSH_ASKPASS",
        "TEMP",
        "TMP",
        "VIRTUAL_ENV",
        "XDG_CONFIG_HOME",
        "_JAVA_OPTIONS",
    }
)


def is_reserved(name: str) -> bool:
    """Whether this variable of dbt is ours to set."""
    return name in RESERVED or name.replace(ENGINE_PREFIX, "DBT_", 1) in RESERVED


def why_refused(name: str) -> str | None:
    """Why nobody may set a variable of this name in an environment; None for a good one."""
    upper = name.upper()
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        return f"takes letters, digits and '_', does not begin with a digit, up to {LONGEST_NAME} characters"
    if is_reserved(upper):
        return f"{name} is set by the product itself, which reads what dbt writes by it"
    if upper in STARTERS or (upper in _BASE_UPPER and upper not in HARMLESS) or upper.startswith(LOADERS):
        return f"{name} would change which programs and files are used, and cannot be set here"
    return None


_BASE_UPPER: Final = frozenset(name.upper() for name in BASE_VARIABLES)
