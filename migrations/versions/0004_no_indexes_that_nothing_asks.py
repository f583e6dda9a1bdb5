"""no indexes that nothing asks: when papers changed, which listings arrived since"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_papers_changed_at"), table_name="papers")
    op.drop_index("ix_listings_arrival", table_name="listings")


def downgrade() -> None:
    op.create_index("ix_listings_arrival", "listings", ["arrival"], unique=False)
    op.create_index(op.f("ix_papers_changed_at"), "papers", ["changed_at"], unique=False)
