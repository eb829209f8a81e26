"""Outcomes of hires; what else a decision was based on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hire_outcome",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("is_still_here", sa.Boolean(), nullable=False),
        sa.Column("ramp_months", sa.Integer(), nullable=True),
        sa.Column("quota_pct", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_hire_outcome_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_hire_outcome_entered_by_id_person")),
        sa.PrimaryKeyConstraint("application_id", "months", name=op.f("pk_hire_outcome")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("other_information", sa.Text(), server_default="", nullable=False))
