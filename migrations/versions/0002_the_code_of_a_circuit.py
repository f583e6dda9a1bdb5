"""the code of a circuit's last fault"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("circuits") as batch:
        batch.add_column(sa.Column("code", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("circuits") as batch:
        batch.drop_column("code")
