"""The tables. Each decision belongs to the run that took it: its account and time are the run's.

`decisions`, `steps`, `step_events` and `notices` are append-only; `current_verdicts`, `open_steps`,
`told` and `activity` are projections that spare a pass from writing, asking for, or looking for
what it knows already. `leases` holds who works on an account now. `lives` holds what was last
seen of each session, with what changed (`life_changes`) and when it was active (`activity_steps`;
the last stretch of a session that is still there stands in `activity`).

The migrations make them, and say what only one database knows: which rows an index holds, and that
`decisions`, `current_verdicts` and `activity_steps` are without rowid in SQLite (the key is long and would be kept
twice; an account's rows lie together, and every pass reads all of them). Said here as well, it
would have every command load both dialects.

`leaves` are what proves the record whole (see chain.py), `revisions` and `revised_rows` what was
lawfully changed in it since; `owner_keys` hide owners in what is proved; `revising` is the door in
the triggers that refuse to change what is append-only, open within one transaction.

An outcome is the last event of its step. A step without events was never begun; one whose last
event is `intended` or `unconfirmed` is unsettled, and stands in `open_steps`.
"""

from __future__ import annotations

import sqlalchemy as sa

from reaper.store.types import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),  # null: it broke off, or is under way
    sa.Column("enforcing", sa.Boolean, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),  # nothing was doubtful
    sa.Column("listed", sa.Boolean, nullable=False),  # every list was read to its end
    sa.Column("doubts", sa.JSON, nullable=False),
    sa.Column("unreadable", sa.JSON, nullable=False),
    sa.Column("sessions", sa.Integer, nullable=False),
    sa.Column("compliant", sa.Integer, nullable=False),
    sa.Column("offenders", sa.Integer, nullable=False),
    sa.Column("exempt", sa.Integer, nullable=False),
    sa.Column("undetermined", sa.Integer, nullable=False),
    sa.Column("probes", sa.Integer, nullable=False),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("halted", sa.JSON, nullable=False),  # the limits that its plan exceeded
    sa.Column(
        "latched", sa.Boolean, nullable=False
    ),  # nothing is ended until a person acknowledges it
    sa.Column("policies", sa.JSON, nullable=False),  # name -> hash of its text
    sa.Column("concerns", sa.JSON, nullable=False, server_default="[]"),  # what needs a person
    sa.Column(
        "judged", sa.JSON, nullable=False, server_default="{}"
    ),  # policy -> ruling -> how many sessions
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(255), nullable=False),
    sa.Index("ix_runs_account_started_at", "account", "started_at"),
    sa.Index("ix_runs_latched", "account"),  # of those that are latched
)

# of each run that planned anything, or that a person asked for
run_plans = sa.Table(
    "run_plans",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("planned", sa.JSON, nullable=False),  # how many steps, by action and by policy
    sa.Column("blocked", sa.Text),  # why none of them was to be taken
    sa.Column("request", sa.Text),  # what a person asked of the run; null: all that was due
)

policy_texts = sa.Table(
    "policy_texts",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("session_id", sa.String(255), primary_key=True),
    sa.Column("policy", sa.String(64), primary_key=True),
    sa.Column("policy_hash", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("app", sa.Text),
    sa.Column("ruling", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),  # JSON
    sa.Index("ix_decisions_session_id", "session_id"),
)

current_verdicts = sa.Table(
    "current_verdicts",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.String(255), primary_key=True),
    sa.Column("policy", sa.String(64), primary_key=True),
    sa.Column("gist", sa.String(64), nullable=False),
    sa.Column("run_id", sa.ForeignKey("runs.id"), nullable=False),  # the run that decided it
    sa.Column("policy_hash", sa.String(64), nullable=False),
    sa.Column("offender_since", UtcDateTime),  # null: it is none
    sa.Column(
        "offender_run", sa.Integer
    ),  # the first of the consecutive runs that found it an offender
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("session_id", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("app", sa.Text),
    sa.Column("policy", sa.String(64), nullable=False),  # the first that asks for it
    sa.Column(
        "decided_in", sa.JSON, nullable=False
    ),  # each policy that asks for it -> the run of its decision
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("ix_steps_session_id", "session_id"),
    sa.Index("ix_steps_run_id", "run_id"),
)

step_events = sa.Table(
    "step_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("step_id", sa.ForeignKey("steps.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("ix_step_events_step_id", "step_id"),
    sa.Index("ix_step_events_at", "at"),
)

open_steps = sa.Table(
    "open_steps",
    metadata,
    sa.Column("step_id", sa.ForeignKey("steps.id"), primary_key=True),
)

activity = sa.Table(
    "activity",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.String(255), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("learnt_at", UtcDateTime, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime),  # when the stretch began that ends at `at`; null: then
    # every complete look since `learnt_at` read the log and found nothing newer
    sa.Column("watched", sa.Boolean, nullable=False, server_default=sa.false()),
)

lives = sa.Table(
    "lives",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("session_id", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("state", sa.Text),
    sa.Column("sight", sa.String(16), nullable=False),
    sa.Column("user", sa.Text),
    sa.Column("environment", sa.Text),
    sa.Column("app", sa.Text),
    sa.Column("app_version", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("created_at", UtcDateTime),
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("last_seen_at", UtcDateTime),  # null: every complete look since has shown it
    sa.Column("imported", sa.Boolean, nullable=False),
    sa.Column("fingerprint", sa.String(16), nullable=False),  # of the entry that was last seen
    sa.UniqueConstraint("session_id", "account"),
    sa.Index("ix_lives_account_last_seen_at", "account", "last_seen_at"),
)

life_changes = sa.Table(
    "life_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("life_id", sa.ForeignKey("lives.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("state", sa.Text),
    sa.Column("sight", sa.String(16), nullable=False),
    sa.Column("gb_hours", sa.Float),
    sa.Column("run_time", sa.Float),  # seconds
    sa.Index("ix_life_changes_life_id", "life_id"),
)

# there are many: times are in microseconds, `at` since 1970, the others before and after it
activity_steps = sa.Table(
    "activity_steps",
    metadata,
    sa.Column("life_id", sa.ForeignKey("lives.id"), primary_key=True),
    sa.Column("run_id", sa.Integer, primary_key=True, autoincrement=False),  # that found it over
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("lasted", sa.BigInteger, nullable=False),
    sa.Column("silent", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text),  # of the last stretch of a life
)

seen_over = sa.Table(
    "seen_over",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.String(255), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)

lasting = sa.Table(
    "lasting",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.String(255), primary_key=True),
    sa.Column("condition", sa.String(32), primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("target", sa.String(64), nullable=False),
    sa.Column("session_id", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("app", sa.Text),
    sa.Column("policy", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_notices_session_id", "session_id"),
    sa.Index("ix_notices_run_id", "run_id"),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.String(255), primary_key=True),
    sa.Column("policy", sa.String(64), primary_key=True),
    sa.Column("target", sa.String(64), primary_key=True),
)

acknowledgements = sa.Table(
    "acknowledgements",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(255), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(64)),  # null: all of them
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(255), nullable=False),
    sa.Column("until", UtcDateTime),  # null: until a person ends it
    sa.Column("reason", sa.Text, nullable=False),
)

pause_ends = sa.Table(
    "pause_ends",
    metadata,
    sa.Column("pause_id", sa.ForeignKey("pauses.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(255), nullable=False),
)

exemptions = sa.Table(
    "exemptions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(64)),  # null: all of them
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(255), nullable=False),
    sa.Column("whom", sa.JSON, nullable=False),  # the fields that must match
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("ends", UtcDateTime),  # null: never
)

exemption_removals = sa.Table(
    "exemption_removals",
    metadata,
    sa.Column("exemption_id", sa.ForeignKey("exemptions.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(255), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("token", sa.Integer, nullable=False),  # rises with each holder
    sa.Column("holder", sa.String(255), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("address", sa.Text),  # of the tenant, as of then; null: not told
)

# the leaves of the tree, from 0 on; what each holds of its subject is in chain.py
leaves = sa.Table(
    "leaves",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Index("ix_leaves_kind_subject", "kind", "subject"),
)

# under which the personal fields of an owner's rows are digested; gone with a pseudonym
owner_keys = sa.Table(
    "owner_keys",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("key", sa.String(64), nullable=False),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)

# the rows that a revision took from a leaf, or added to it, where it did not take all
revised_rows = sa.Table(
    "revised_rows",
    metadata,
    sa.Column("revision_id", sa.ForeignKey("revisions.id"), primary_key=True),
    sa.Column("leaf_id", sa.ForeignKey("leaves.id"), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("added", sa.Boolean, nullable=False),
    sa.Index("ix_revised_rows_leaf_id", "leaf_id"),
)

revising = sa.Table(
    "revising",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
)
