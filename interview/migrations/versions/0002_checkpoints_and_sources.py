"""Checkpoints, accommodations, credit by hand, and other sources of material than uploaded films."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_visit",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attestation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_link_visit_candidate_id_candidate"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_link_visit_material_id_material"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("candidate_id", "material_id", "material_version", name=op.f("pk_link_visit")),
    )
    op.create_table(
        "player_trouble",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("found_ms", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_player_trouble_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_player_trouble_material_id_material"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_player_trouble_settled_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_player_trouble")),
    )
    with op.batch_alter_table("player_trouble", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_player_trouble_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_player_trouble_material_id"), ["material_id"], unique=False)

    op.create_table(
        "watch_allowance",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("granted_by_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_watch_allowance_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["granted_by_id"], ["person.id"], name=op.f("fk_watch_allowance_granted_by_id_person")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_watch_allowance")),
    )
    op.create_table(
        "watch_hand_credit",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("credited_by_id", sa.Integer(), nullable=False),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_watch_hand_credit_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["credited_by_id"], ["person.id"], name=op.f("fk_watch_hand_credit_credited_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_watch_hand_credit_material_id_material"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", "material_id", name=op.f("pk_watch_hand_credit")),
    )
    op.create_table(
        "checkpoint_issue",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("ttl_ms", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_checkpoint_issue_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lease_id"], ["lease.id"], name=op.f("fk_checkpoint_issue_lease_id_lease"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_checkpoint_issue_material_id_material"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_issue")),
    )
    with op.batch_alter_table("checkpoint_issue", schema=None) as batch_op:
        batch_op.create_index(
            "ix_checkpoint_issue_place", ["candidate_id", "material_id", "material_version", "at_ms"], unique=False
        )

    op.create_table(
        "stream_delivery",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.LargeBinary(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_stream_delivery_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["material_version.id"],
            name=op.f("fk_stream_delivery_version_id_material_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("candidate_id", "version_id", name=op.f("pk_stream_delivery")),
    )
    op.create_table(
        "stream_file",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=True),
        sa.Column("end_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["material_version.id"],
            name=op.f("fk_stream_file_version_id_material_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_stream_file")),
    )
    op.add_column("lease", sa.Column("way", sa.String(length=4), server_default="play", nullable=False))
    op.add_column("lease", sa.Column("paused_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("lease", sa.Column("gap_ms", sa.Integer(), server_default="0", nullable=False))
    op.add_column("lease", sa.Column("even_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("lease", sa.Column("section", sa.Integer(), nullable=True))
    op.add_column("lease", sa.Column("section_ms", sa.BigInteger(), nullable=True))
    op.add_column("lease", sa.Column("owed", sa.LargeBinary(), server_default="", nullable=False))

    op.add_column("material_version", sa.Column("source", sa.String(length=8), server_default="file", nullable=False))
    op.add_column("material_version", sa.Column("address", sa.String(length=1000), server_default="", nullable=False))
    op.add_column(
        "material_version", sa.Column("asks_again", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )

    op.add_column("watch", sa.Column("check_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("watch", sa.Column("waiting", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("watch", sa.Column("waived", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("watch", sa.Column("again", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("watch", sa.Column("tells_reading", sa.Boolean(), server_default=sa.text("false"), nullable=False))
