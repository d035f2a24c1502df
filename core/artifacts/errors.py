"""What can be wrong with an artifact."""

from core.kit.errors import Invalid


class MalformedArtifact(Invalid):
    """The file is not what its name says."""

    code = "malformed_artifact"


class UnsupportedArtifact(Invalid):
    """The file is an artifact of dbt, of a version that cannot be read."""

    code = "unsupported_artifact"
