"""since when: a person's password counts, a box that nobody registered waits"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward. Of boxes that wait already only the last word is known."""
    op.add_column("operators", sa.Column("password_at", sa.DateTime(), nullable=True))
    op.add_column("hellos", sa.Column("first_at", sa.DateTime(), nullable=True))
    hellos = sa.table("hellos", sa.column("at"), sa.column("first_at"))
    op.execute(hellos.update().values(first_at=hellos.c.at))
    with op.batch_alter_table("hellos") as batch_op:
        batch_op.alter_column("first_at", existing_type=sa.DateTime(), nullable=False)


def downgrade() -> None:
    """Back."""
    op.drop_column("hellos", "first_at")
    op.drop_column("operators", "password_at")
