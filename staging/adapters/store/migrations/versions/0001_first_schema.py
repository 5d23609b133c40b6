"""first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "appliances",
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("suite", sa.String(length=16), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("registered_at", sa.DateTime(), nullable=False),
        sa.Column("armed_at", sa.DateTime(), nullable=True),
        sa.Column("armed_by", sa.Text(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(), nullable=True),
        sa.Column("restage", sa.Boolean(), nullable=False),
        sa.Column("hello_address", sa.String(length=64), nullable=True),
        sa.Column("hello_at", sa.DateTime(), nullable=True),
        sa.Column("first_fetch_at", sa.DateTime(), nullable=True),
        sa.Column("early_at", sa.DateTime(), nullable=True),
        sa.Column("phase", sa.String(length=48), nullable=True),
        sa.Column("phase_at", sa.DateTime(), nullable=True),
        sa.Column("beat_at", sa.DateTime(), nullable=True),
        sa.Column("beat_step", sa.String(length=64), nullable=True),
        sa.Column("question", sa.String(length=128), nullable=True),
        sa.Column("partitioned_at", sa.DateTime(), nullable=True),
        sa.Column("installed_at", sa.DateTime(), nullable=True),
        sa.Column("engine_ready_at", sa.DateTime(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("trouble", sa.JSON(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("mac", sa.String(length=17), nullable=True),
        sa.Column("asset", sa.String(length=64), nullable=True),
        sa.Column("disks", sa.JSON(), nullable=True),
        sa.Column("disk_choice", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_appliances")),
    )
    with op.batch_alter_table("appliances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appliances_asset"), ["asset"], unique=False)
        batch_op.create_index(batch_op.f("ix_appliances_mac"), ["mac"], unique=False)

    op.create_table(
        "fetches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
    )
    with op.batch_alter_table("fetches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fetches_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_fetches_serial"), ["serial"], unique=False)

    op.create_table(
        "hellos",
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_hellos")),
    )
    op.create_table(
        "hook_events",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name=op.f("pk_hook_events")),
    )
    op.create_table(
        "hook_sources",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hook_sources")),
    )
    op.create_table(
        "label_sheets",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.Column("used", sa.JSON(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_label_sheets")),
    )
    op.create_table(
        "operators",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operators")),
    )
    op.create_table(
        "phase_times",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("phase", sa.String(length=48), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phase_times")),
    )
    with op.batch_alter_table("phase_times", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phase_times_phase"), ["phase"], unique=False)

    op.create_table(
        "portals",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("ca_file", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_portals")),
    )
    op.create_table(
        "preseed_templates",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("pk_preseed_templates")),
    )
    op.create_table(
        "printers",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("dx_mm", sa.Float(), nullable=False),
        sa.Column("dy_mm", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_printers")),
    )
    op.create_table(
        "secrets",
        sa.Column("scope", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "kind", "key", name=op.f("pk_secrets")),
    )
    op.create_table(
        "timeline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("order_id", sa.String(length=16), nullable=True),
        sa.Column("serial", sa.String(length=64), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline")),
    )
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timeline_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_timeline_serial"), ["serial"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
    )
    op.create_table(
        "workers",
        sa.Column("executor", sa.String(length=64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("executor", name=op.f("pk_workers")),
        sa.UniqueConstraint("host", "pid", name=op.f("uq_workers_host_pid")),
    )
    op.create_table(
        "checklist_photos",
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("point", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["appliances.serial"], name=op.f("fk_checklist_photos_serial_appliances")),
        sa.PrimaryKeyConstraint("serial", "point", name=op.f("pk_checklist_photos")),
    )
    op.create_table(
        "install_logs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("upload", sa.String(length=24), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["appliances.serial"], name=op.f("fk_install_logs_serial_appliances")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_install_logs")),
    )
    with op.batch_alter_table("install_logs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_install_logs_serial"), ["serial"], unique=False)

    op.create_table(
        "signin_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator"], ["operators.name"], name=op.f("fk_signin_links_operator_operators"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_signin_links")),
    )
    op.create_table(
        "stacks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("urls", sa.JSON(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("ca_file", sa.Text(), nullable=True),
        sa.Column("portal", sa.String(length=64), nullable=True),
        sa.Column("did_format", sa.String(length=16), nullable=False),
        sa.Column("instance_uuid", sa.String(length=36), nullable=True),
        sa.Column("learnt_from", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["portal"], ["portals.name"], name=op.f("fk_stacks_portal_portals")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stacks")),
    )
    op.create_table(
        "tickets",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["appliances.serial"], name=op.f("fk_tickets_serial_appliances")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_tickets")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_serial"), ["serial"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("stack", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=True),
        sa.Column("extensions", sa.String(length=16), nullable=True),
        sa.Column("main_to", sa.String(length=16), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("wake", sa.Integer(), nullable=False),
        sa.Column("handled", sa.Integer(), nullable=False),
        sa.Column("tenant_uuid", sa.String(length=36), nullable=True),
        sa.Column("location_uuid", sa.String(length=36), nullable=True),
        sa.Column("final_address", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["serial"], ["appliances.serial"], name=op.f("fk_orders_serial_appliances")),
        sa.ForeignKeyConstraint(["stack"], ["stacks.name"], name=op.f("fk_orders_stack_stacks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("serial", name=op.f("uq_orders_serial")),
    )
    op.create_table(
        "actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("intended_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("fault", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_actions_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index("ix_actions_order_id_status", ["order_id", "status"], unique=False)

    op.create_table(
        "allotments",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("extension", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_allotments_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "site", "name", name=op.f("pk_allotments")),
    )
    op.create_table(
        "changesets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("overwrite", sa.Boolean(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("approved_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_changesets_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changesets")),
    )
    with op.batch_alter_table("changesets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changesets_order_id"), ["order_id"], unique=False)

    op.create_table(
        "documents",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_documents_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "name", name=op.f("pk_documents")),
    )
    op.create_table(
        "firmware_notes",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_firmware_notes_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "item", name=op.f("pk_firmware_notes")),
    )
    op.create_table(
        "label_copies",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=16), nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_label_copies_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "kind", "item", "copy", name=op.f("pk_label_copies")),
    )
    op.create_table(
        "packed",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("handset", sa.Integer(), nullable=False),
        sa.Column("carton", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_packed_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "item", name=op.f("pk_packed")),
    )
    op.create_table(
        "pairings",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(length=17), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_pairings_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "key", name=op.f("pk_pairings")),
    )
    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pairings_mac"), ["mac"], unique=False)

    op.create_table(
        "plans",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workbook", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_plans_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "version", name=op.f("pk_plans")),
    )
    op.create_table(
        "scans",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("mac", sa.String(length=17), nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_scans_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "mac", name=op.f("pk_scans")),
    )
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scans_mac"), ["mac"], unique=False)

    op.create_table(
        "steps",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.JSON(), nullable=True),
        sa.Column("waits_for", sa.String(length=64), nullable=True),
        sa.Column("waits_facts", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("again_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_steps_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "name", name=op.f("pk_steps")),
    )
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_steps_again_at"), ["again_at"], unique=False)

    op.create_table(
        "changeset_states",
        sa.Column("changeset_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("applied", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["changeset_id"], ["changesets.id"], name=op.f("fk_changeset_states_changeset_id_changesets")
        ),
        sa.PrimaryKeyConstraint("changeset_id", name=op.f("pk_changeset_states")),
    )
    op.create_table(
        "plan_corrections",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(length=12), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("kept_as", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "version"],
            ["plans.order_id", "plans.version"],
            name=op.f("fk_plan_corrections_order_id_version_plans"),
        ),
        sa.PrimaryKeyConstraint("order_id", "version", "number", name=op.f("pk_plan_corrections")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("plan_corrections")
    op.drop_table("changeset_states")
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_steps_again_at"))

    op.drop_table("steps")
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scans_mac"))

    op.drop_table("scans")
    op.drop_table("plans")
    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pairings_mac"))

    op.drop_table("pairings")
    op.drop_table("packed")
    op.drop_table("label_copies")
    op.drop_table("firmware_notes")
    op.drop_table("documents")
    with op.batch_alter_table("changesets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_changesets_order_id"))

    op.drop_table("changesets")
    op.drop_table("allotments")
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index("ix_actions_order_id_status")

    op.drop_table("actions")
    op.drop_table("orders")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tickets_serial"))

    op.drop_table("tickets")
    op.drop_table("stacks")
    op.drop_table("signin_links")
    with op.batch_alter_table("install_logs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_install_logs_serial"))

    op.drop_table("install_logs")
    op.drop_table("checklist_photos")
    op.drop_table("workers")
    op.drop_table("tokens")
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timeline_serial"))
        batch_op.drop_index(batch_op.f("ix_timeline_order_id"))

    op.drop_table("timeline")
    op.drop_table("secrets")
    op.drop_table("printers")
    op.drop_table("preseed_templates")
    op.drop_table("portals")
    with op.batch_alter_table("phase_times", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phase_times_phase"))

    op.drop_table("phase_times")
    op.drop_table("operators")
    op.drop_table("label_sheets")
    op.drop_table("hook_sources")
    op.drop_table("hook_events")
    op.drop_table("hellos")
    with op.batch_alter_table("fetches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fetches_serial"))
        batch_op.drop_index(batch_op.f("ix_fetches_at"))

    op.drop_table("fetches")
    with op.batch_alter_table("appliances", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appliances_mac"))
        batch_op.drop_index(batch_op.f("ix_appliances_asset"))

    op.drop_table("appliances")
