"""The live interview: its timer, prompts and deviations, and each interviewer's own sheet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timer_move",
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verb", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_timer_move_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_timer_move_person_id_person")),
        sa.PrimaryKeyConstraint("interview_id", "ordinal", name=op.f("pk_timer_move")),
    )
    op.create_table(
        "prompt_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("moment_ms", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_prompt_use_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_prompt_use_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_use")),
    )
    with op.batch_alter_table("prompt_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompt_use_interview_id"), ["interview_id"], unique=False)

    op.create_table(
        "deviation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("moment_ms", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_deviation_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deviation_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deviation")),
    )
    with op.batch_alter_table("deviation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deviation_interview_id"), ["interview_id"], unique=False)

    op.create_table(
        "kit_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("roadmap", sa.String(length=16), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("save_key", sa.String(length=64), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_kit_sheet_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kit_sheet_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_sheet")),
        sa.UniqueConstraint("interview_id", "person_id", name=op.f("uq_kit_sheet_interview_id_person_id")),
    )
    with op.batch_alter_table("kit_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kit_sheet_person_id"), ["person_id"], unique=False)

    op.create_table(
        "kit_note",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("moment_ms", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["kit_sheet.id"], name=op.f("fk_kit_note_sheet_id_kit_sheet"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sheet_id", "key", name=op.f("pk_kit_note")),
    )
    op.create_table(
        "fact_tick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("tick", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["kit_sheet.id"], name=op.f("fk_fact_tick_sheet_id_kit_sheet"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["fact_id"], ["fact.id"], name=op.f("fk_fact_tick_fact_id_fact"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_tick")),
        sa.UniqueConstraint("sheet_id", "fact_id", name=op.f("uq_fact_tick_sheet_id_fact_id")),
    )
