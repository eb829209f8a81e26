"""Excused seats, revisions beside ratings, attributes split across raters, earlier employers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "excusal",
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("excuse", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("excused_by_id", sa.Integer(), nullable=False),
        sa.Column("excused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instead_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["excused_by_id"], ["person.id"], name=op.f("fk_excusal_excused_by_id_person")),
        sa.ForeignKeyConstraint(["instead_id"], ["person.id"], name=op.f("fk_excusal_instead_id_person")),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_excusal_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_excusal_person_id_person")),
        sa.PrimaryKeyConstraint("interview_id", "person_id", name=op.f("pk_excusal")),
    )
    with op.batch_alter_table("excusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_excusal_person_id"), ["person_id"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scorecard_id", sa.Integer(), nullable=False),
        sa.Column("attribute", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("value BETWEEN 1 AND 5", name=op.f("ck_revision_point")),
        sa.ForeignKeyConstraint(
            ["scorecard_id", "attribute"],
            ["rating.scorecard_id", "rating.attribute"],
            name=op.f("fk_revision_scorecard_id_attribute_rating"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.create_index("ix_revision_scorecard_id", ["scorecard_id"], unique=False)

    for table in ("plan_seat", "seat", "scorecard"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("part", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.add_column(sa.Column("employers", sa.Text(), server_default="", nullable=False))
