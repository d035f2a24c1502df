"""How triggers are called in Dagster, and where its page has them."""

from typing import Final

LOCATION: Final = "workbench"
# What Dagster calls the definitions of a code location that is one `Definitions`.
REPOSITORY: Final = "__repository__"
WORKSPACE_TAG: Final = "workbench/workspace"
JOB_TAG: Final = "workbench/job"
TRIGGER_TAG: Final = "workbench/trigger"
# Counts the changes of a trigger: a definition that carries an older one has yet to be loaded anew.
VERSION_TAG: Final = "workbench/version"


def dagster_name(workspace_key: str, job_key: str, kind: str, trigger_id: int) -> str:
    """The name of the schedule or sensor of a trigger. It never changes, so that Dagster knows it again."""
    return f"{workspace_key}__{job_key}__{kind}_{trigger_id}"


def definition_tags(workspace_key: str, job_key: str, trigger_id: int, version: int) -> dict[str, str]:
    """The tags of that definition."""
    return {
        WORKSPACE_TAG: workspace_key,
        JOB_TAG: job_key,
        TRIGGER_TAG: str(trigger_id),
        VERSION_TAG: str(version),
    }
