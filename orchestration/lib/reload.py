"""Asking Dagster to load the definitions anew, when a project's nodes are no longer those it shows."""

import logging

import httpx

log = logging.getLogger("workbench.reload")

MUTATION = """
mutation { reloadRepositoryLocation(repositoryLocationName: "workbench") { __typename } }
"""


def request_reload(dagster_url: str | None) -> bool:
    """Ask, without waiting for the end: loading takes seconds and goes on without us.

    Returns False when Dagster could not be asked; the next start loads what is new anyway.
    """
    if dagster_url is None:
        return False
    try:
        httpx.post(
            f"{dagster_url}/graphql",
            json={"query": MUTATION},
            timeout=httpx.Timeout(5, read=1),
            trust_env=False,
        )
    except httpx.ReadTimeout:
        return True
    except httpx.HTTPError as error:
        log.warning("Dagster could not be asked to reload: %s", error)
        return False
    return True
