/** A step from one version of the schema to the next, as SQL. A released step never changes. */
export type Migration = string;

/** `WBC1`: marks a file as one of this controller. */
export const APPLICATION_ID = 0x57424331;

/**
 * The records, one row each. `record` is the encoded workbench as JSON without the two key columns; `crc` is the
 * checksum of the key columns and the record. `revision` is NULL for a value that is no record, so that every update of
 * it is a conflict. The rows have 1 to 3 KB, so that the table has a rowid: large rows in the inner nodes of a WITHOUT
 * ROWID table would make its tree deep.
 */
const WORKBENCHES = `
CREATE TABLE workbenches (
  id INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL,
  workbench_id TEXT NOT NULL,
  revision INTEGER,
  record TEXT NOT NULL,
  crc INTEGER NOT NULL,
  due_at INTEGER,
  active INTEGER NOT NULL,
  instance_id TEXT,
  UNIQUE (user_id, workbench_id)
) STRICT;
CREATE INDEX workbenches_due ON workbenches (due_at, workbench_id, user_id) WHERE due_at IS NOT NULL;
CREATE INDEX workbenches_active ON workbenches (workbench_id, user_id) WHERE active = 1;
CREATE INDEX workbenches_id ON workbenches (workbench_id, user_id);
CREATE INDEX workbenches_instance ON workbenches (instance_id) WHERE instance_id IS NOT NULL;
`;

/** All times are milliseconds since 1970. A row with `expires_at` is deleted some time after it. */
const OTHERS = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE history (
  workbench_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  entry TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (workbench_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_expired ON history (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE idempotency (
  user_id TEXT NOT NULL,
  key TEXT NOT NULL,
  workbench_id TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  completed_by TEXT,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expired ON idempotency (expires_at);
CREATE TABLE reports (
  ended_at INTEGER NOT NULL,
  sweep TEXT NOT NULL,
  report TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (ended_at, sweep)
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_expired ON reports (expires_at);
CREATE TABLE free_capacity (
  container_instance_id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  capacity TEXT,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX free_capacity_expired ON free_capacity (expires_at);
`;

/** The number of starts of each user in each minute. */
const STARTS = `
CREATE TABLE starts (
  user_id TEXT NOT NULL,
  minute INTEGER NOT NULL,
  count INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, minute)
) STRICT, WITHOUT ROWID;
CREATE INDEX starts_expired ON starts (expires_at);
`;

/** When a person last used each workbench. */
const ACTIVITY = `
CREATE TABLE activity (
  workbench_id TEXT PRIMARY KEY,
  seen INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_expired ON activity (expires_at);
`;

/** Tickets that were not used, and the cutoffs of users, as JSON. */
const SESSIONS = `
CREATE TABLE tickets (
  hash TEXT PRIMARY KEY,
  ticket TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_expired ON tickets (expires_at);
CREATE TABLE session_cutoffs (
  user_id TEXT PRIMARY KEY,
  cutoffs TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_cutoffs_expired ON session_cutoffs (expires_at);
`;

/**
 * The shares of workbenches. `grantee` is its key (core/access/grantee.ts), `share` JSON. Rows whose `grantee` begins with
 * `link#` are links.
 */
const SHARES = `
CREATE TABLE shares (
  workbench_id TEXT NOT NULL,
  grantee TEXT NOT NULL,
  share TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (workbench_id, grantee)
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_grantee ON shares (grantee, workbench_id);
CREATE INDEX shares_expired ON shares (expires_at) WHERE expires_at IS NOT NULL;
`;

/**
 * Audit events as JSON, and the users whom each concerns. `audit_once` has the ids of events that are stored once,
 * with any time.
 */
const AUDIT = `
CREATE TABLE audit_events (
  at INTEGER NOT NULL,
  id TEXT NOT NULL,
  workbench_id TEXT,
  action TEXT NOT NULL,
  event TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_events_workbench ON audit_events (workbench_id, at, id) WHERE workbench_id IS NOT NULL;
CREATE INDEX audit_events_expired ON audit_events (expires_at);
CREATE TABLE audit_users (
  user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_users_expired ON audit_users (expires_at);
CREATE TABLE audit_once (
  id TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_once_expired ON audit_once (expires_at);
`;

/** The machines that an operator empties, as JSON. */
const DRAINS = `
CREATE TABLE drains (
  machine_id TEXT PRIMARY KEY,
  drain TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The number of starts of each week, group and duration. `instance_type` is empty on shared instances. */
const START_TIMES = `
CREATE TABLE start_times (
  week INTEGER NOT NULL,
  kind TEXT NOT NULL,
  instance_type TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  count INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (week, kind, instance_type, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX start_times_expired ON start_times (expires_at);
`;

/** What workbenches have cost their owners in each month, as JSON. */
const USAGE = `
CREATE TABLE usage (
  user_id TEXT NOT NULL,
  month TEXT NOT NULL,
  workbench_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  entry TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, month, workbench_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_expired ON usage (expires_at);
`;

/** What the runs of workbenches reported of their use, as JSON. */
const RUN_REPORTS = `
CREATE TABLE run_reports (
  workbench_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  report TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (workbench_id, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_reports_expired ON run_reports (expires_at);
`;

/** Limits by scope as the API names it, and what the workbenches of each user hold, both as JSON. */
const QUOTAS = `
CREATE TABLE quota_limits (
  scope TEXT PRIMARY KEY,
  limits TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE quota_ledgers (
  user_id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  ledger TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The users who have had workbenches, each with their groups as JSON. */
const QUOTA_USERS = `
CREATE TABLE quota_users (
  user_id TEXT PRIMARY KEY,
  groups TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The step at index n leads from version n to version n + 1. */
export const MIGRATIONS: readonly Migration[] = [
  WORKBENCHES + OTHERS,
  STARTS,
  ACTIVITY,
  SESSIONS,
  SHARES,
  AUDIT,
  DRAINS,
  START_TIMES,
  USAGE,
  RUN_REPORTS,
  QUOTAS,
  QUOTA_USERS,
];
