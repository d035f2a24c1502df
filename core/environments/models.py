"""Table of environments."""

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base


class Environment(Base):
    """A dbt target of the workspace's profile. One per workspace is the default.

    Not `in_profile`: the profile names it no more, or never did (its artifacts come from elsewhere). Its
    catalog stays readable; nothing can be run in it.
    """

    __tablename__ = "environments"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("uq_environments_default", "workspace_id", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    dbt_target: Mapped[str] = mapped_column(String(200))
    adapter_type: Mapped[str | None] = mapped_column(String(50))
    is_default: Mapped[bool] = mapped_column(server_default="false")
    in_profile: Mapped[bool] = mapped_column(server_default="true")
