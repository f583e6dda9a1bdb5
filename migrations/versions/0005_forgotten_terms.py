"""forgotten terms"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.types import BigId

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten_terms",
        sa.Column("profile_id", BigId, nullable=False),
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["profiles.id"],
            name=op.f("fk_forgotten_terms_profile_id_profiles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profile_id", "term", name=op.f("pk_forgotten_terms")),
    )


def downgrade() -> None:
    op.drop_table("forgotten_terms")
