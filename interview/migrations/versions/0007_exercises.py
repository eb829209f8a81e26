"""Exercises: a job's requests, rankings and their hand-ins, feedback and second takes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_requests_job_id_job"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_job_requests_written_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_requests")),
    )
    with op.batch_alter_table("job_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_requests_job_id"), ["job_id"], unique=False)

    op.create_table(
        "ranking",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("requests_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("save_key", sa.String(length=64), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_ranking_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["requests_id"], ["job_requests.id"], name=op.f("fk_ranking_requests_id_job_requests")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_ranking")),
    )
    op.create_table(
        "ranking_hand_in",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("round BETWEEN 1 AND 2", name=op.f("ck_ranking_hand_in_round")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["ranking.application_id"],
            name=op.f("fk_ranking_hand_in_application_id_ranking"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", "round", name=op.f("pk_ranking_hand_in")),
    )
    op.create_table(
        "coaching",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_coaching_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_coaching_written_by_id_person")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_coaching")),
    )
    op.create_table(
        "second_take",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("save_key", sa.String(length=64), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["coaching.application_id"],
            name=op.f("fk_second_take_application_id_coaching"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_second_take")),
    )
