"""Names of relations as dbt writes them, and which sqlglot dialect an adapter speaks."""

import re
from typing import Final

_PART: Final = re.compile(r"""\s*(?:"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|([^.]+))\s*(?:\.|$)""")

_DIALECTS: Final = {
    "athena": "athena",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "doris": "doris",
    "dremio": "dremio",
    "drill": "drill",
    "duckdb": "duckdb",
    "exasol": "exasol",
    "fabric": "fabric",
    "fabricspark": "spark",
    "glue": "spark",
    "greenplum": "postgres",
    "hive": "hive",
    "impala": "hive",
    "materialize": "materialize",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "presto": "presto",
    "redshift": "redshift",
    "risingwave": "risingwave",
    "singlestore": "singlestore",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
    "starrocks": "starrocks",
    "synapse": "tsql",
    "teradata": "teradata",
    "tidb": "mysql",
    "trino": "trino",
    "yellowbrick": "postgres",
}


def dialect_of(adapter: str | None) -> str:
    """The dialect, as sqlglot names it, of a dbt adapter; standard SQL for one that is not known."""
    return _DIALECTS.get((adapter or "").lower(), "")


def name_parts(relation_name: str) -> tuple[str, ...]:
    """The parts of a dotted name, without quotes. What is a file or a call of a function stays one part."""
    text = relation_name.strip()
    if not text or text.startswith("'") or "(" in text:
        return (text.strip("'"),) if text else ()
    parts: list[str] = []
    for found in _PART.finditer(text):
        quoted, ticked, bracketed, bare = found.groups()
        if ticked is not None:
            parts += ticked.split(".")
        else:
            parts.append(next(part for part in (quoted, bracketed, bare, "") if part is not None))
    return tuple(part.strip() for part in parts if part.strip())
