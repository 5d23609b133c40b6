"""Which tables are there? SQLAlchemy Core; migrations bring a database to this shape."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones, so they are taken off and put back here."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """To the database: without its zone, in UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """From the database: UTC again."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

operators = Table(
    "operators",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("language", String(2), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("password_at", Moment),
)

signin_links = Table(
    "signin_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("operator", String(64), ForeignKey("operators.name", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

hook_sources = Table(
    "hook_sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("created_at", Moment, nullable=False),
)

hook_events = Table(
    "hook_events",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("event_id", String(128), primary_key=True),
    Column("received_at", Moment, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("scope", String(96), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("key", String(96), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
)

portals = Table(
    "portals",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("ca_file", Text),
)

stacks = Table(
    "stacks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("url", Text),
    Column("urls", JSON, nullable=False),
    Column("username", Text, nullable=False),
    Column("ca_file", Text),
    Column("portal", String(64), ForeignKey("portals.name")),
    Column("did_format", String(16), nullable=False),
    Column("instance_uuid", String(36)),
    Column("learnt_from", String(64)),
)

appliances = Table(
    "appliances",
    metadata,
    Column("serial", String(64), primary_key=True),
    Column("model", String(64), nullable=False),
    Column("customer", Text),
    Column("suite", String(16), nullable=False),
    Column("overrides", JSON, nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("armed_at", Moment),
    Column("armed_by", Text),
    Column("shipped_at", Moment),
    Column("restage", Boolean, nullable=False, default=False),
    Column("hello_address", String(64)),
    Column("hello_at", Moment),
    Column("first_fetch_at", Moment),
    Column("early_at", Moment),
    Column("phase", String(48)),
    Column("phase_at", Moment),
    Column("beat_at", Moment),
    Column("beat_step", String(64)),
    Column("question", String(128)),
    Column("partitioned_at", Moment),
    Column("installed_at", Moment),
    Column("engine_ready_at", Moment),
    Column("address", String(64)),
    Column("trouble", JSON),
    Column("facts", JSON, nullable=False),
    Column("checklist", JSON, nullable=False),
    Column("mac", String(17), index=True),
    Column("asset", String(64), index=True),
    Column("disks", JSON),
    Column("disk_choice", JSON),
)

tickets = Table(
    "tickets",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("serial", String(64), ForeignKey("appliances.serial"), nullable=False, index=True),
    Column("scope", String(16), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("serial", String(64), nullable=False, index=True),
    Column("address", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("line", Text, nullable=False),
    Column("code", String(64), nullable=False),
)

phase_times = Table(
    "phase_times",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("serial", String(64), nullable=False),
    Column("phase", String(48), nullable=False, index=True),
    Column("seconds", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

checklist_photos = Table(
    "checklist_photos",
    metadata,
    Column("serial", String(64), ForeignKey("appliances.serial"), primary_key=True),
    Column("point", String(16), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

preseed_templates = Table(
    "preseed_templates",
    metadata,
    Column("scope", String(16), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
)

hellos = Table(
    "hellos",
    metadata,
    Column("serial", String(64), primary_key=True),
    Column("address", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("facts", JSON, nullable=False),
)

install_logs = Table(
    "install_logs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("serial", String(64), ForeignKey("appliances.serial"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("name", String(64), nullable=False),
    Column("upload", String(24), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("customer", Text, nullable=False),
    Column("siret", String(14), nullable=False),
    Column("stack", String(64), ForeignKey("stacks.name"), nullable=False),
    Column("serial", String(64), ForeignKey("appliances.serial"), unique=True),
    Column("extensions", String(16)),
    Column("main_to", String(16)),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("wake", Integer, nullable=False),
    Column("handled", Integer, nullable=False),
    Column("tenant_uuid", String(36)),
    Column("location_uuid", String(36)),
    Column("final_address", Text),
    Column("accepted_at", Moment),
)

plans = Table(
    "plans",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("workbook", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("document", JSON, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("uploaded_by", Text, nullable=False),
)

plan_corrections = Table(
    "plan_corrections",
    metadata,
    Column("order_id", String(16), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sheet", Text, nullable=False),
    Column("cell", String(12), nullable=False),
    Column("before", Text, nullable=False),
    Column("text", Text),
    Column("kept_as", Integer),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
    ForeignKeyConstraint(["order_id", "version"], ["plans.order_id", "plans.version"]),
)

allotments = Table(
    "allotments",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("site", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("extension", String(6), nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("name", String(16), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fault", JSON),
    Column("waits_for", String(64)),
    Column("waits_facts", JSON, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("again_at", Moment, index=True),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("event", String(64), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("order_id", String(16), index=True),
    Column("serial", String(64), index=True),
    Column("operator", Text),
)

changesets = Table(
    "changesets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", String(16), ForeignKey("orders.id"), nullable=False, index=True),
    Column("plan_version", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("overwrite", Boolean, nullable=False),
    Column("undoes", Integer),
    Column("status", String(16), nullable=False),
    Column("approved_at", Moment, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("ended_at", Moment),
)

changeset_states = Table(
    "changeset_states",
    metadata,
    Column("changeset_id", Integer, ForeignKey("changesets.id"), primary_key=True),
    Column("before", JSON, nullable=False),
    Column("applied", JSON, nullable=False),
)

actions = Table(
    "actions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", String(16), ForeignKey("orders.id"), nullable=False),
    Column("step", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("title", JSON, nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("intended_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("answer", Integer),
    Column("fault", JSON),
    Index("ix_actions_order_id_status", "order_id", "status"),
)

scans = Table(
    "scans",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("mac", String(17), primary_key=True, index=True),
    Column("seat", String(32)),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
)

pairings = Table(
    "pairings",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("mac", String(17), nullable=False, index=True),
)

label_copies = Table(
    "label_copies",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("copy", Integer, primary_key=True),
    Column("content", String(16), nullable=False),
    Column("printer", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
)

printers = Table(
    "printers",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("sheet", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("dpi", Integer, nullable=False),
    Column("dx_mm", Float, nullable=False),
    Column("dy_mm", Float, nullable=False),
)

firmware_notes = Table(
    "firmware_notes",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("equipment", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("serial", Text),
    Column("applied_on", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
)

label_sheets = Table(
    "label_sheets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("sheet", String(64), nullable=False),
    Column("used", JSON, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
)

packed = Table(
    "packed",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("handset", Integer, nullable=False),
    Column("carton", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("order_id", String(16), ForeignKey("orders.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("executor", String(64), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("beat_at", Moment, nullable=False),
    UniqueConstraint("host", "pid"),
)
