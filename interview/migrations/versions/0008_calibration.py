"""Calibration: sample pitches with gold ratings, rounds and their cards."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibration_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("job_rubric_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("experts", sa.Text(), nullable=False),
        sa.Column("is_warm_up", sa.Boolean(), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_calibration_sample_added_by_id_person")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_calibration_sample_job_id_job"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_rubric_id"],
            ["job_rubric.id"],
            name=op.f("fk_calibration_sample_job_rubric_id_job_rubric"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_sample")),
    )
    op.create_table(
        "calibration_withdrawal",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["calibration_sample.id"],
            name=op.f("fk_calibration_withdrawal_sample_id_calibration_sample"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["person.id"], name=op.f("fk_calibration_withdrawal_withdrawn_by_id_person")
        ),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_calibration_withdrawal")),
    )
    op.create_table(
        "calibration_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_calibration_round_job_id_job"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calibration_round_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_round")),
    )
    op.create_table(
        "calibration_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("save_key", sa.String(length=64), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["calibration_round.id"],
            name=op.f("fk_calibration_card_round_id_calibration_round"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["calibration_sample.id"],
            name=op.f("fk_calibration_card_sample_id_calibration_sample"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_card")),
        sa.UniqueConstraint("round_id", "sample_id", name=op.f("uq_calibration_card_round_id_sample_id")),
    )
    op.create_table(
        "calibration_rating",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("attribute", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("not_observed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cited", sa.JSON(), nullable=False),
        sa.CheckConstraint("value BETWEEN 1 AND 5", name=op.f("ck_calibration_rating_point")),
        sa.CheckConstraint("value IS NULL OR NOT not_observed", name=op.f("ck_calibration_rating_one_answer")),
        sa.ForeignKeyConstraint(
            ["card_id"],
            ["calibration_card.id"],
            name=op.f("fk_calibration_rating_card_id_calibration_card"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("card_id", "attribute", name=op.f("pk_calibration_rating")),
    )
    for table, column in (
        ("calibration_sample", "job_id"),
        ("calibration_round", "job_id"),
        ("calibration_round", "person_id"),
        ("calibration_card", "sample_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
