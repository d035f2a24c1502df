"""Tells when the disk of the data folder is nearly full."""

import shutil

from plugins.sdk.hooks import Check, Installation, hook

LEAST_BYTES = 200_000_000


@hook
def readiness_checks(installation: Installation) -> list[Check]:
    """One check, of the disk that holds the data folder."""
    free = shutil.disk_usage(installation.data_dir).free
    few = f"Only {free // 1_000_000} MB are free on the data folder's disk."
    return [Check("disk_space", None if free >= LEAST_BYTES else few)]
