#!/bin/sh
# Brings the database to this version's schema: ./upgrade_schema.sh upgrade (or install; both do the same).
#
# Connects as DB__USER with DB__PASSWORD to DB__HOST, DB__PORT, DB__NAME. Harmless when run twice. Every run is on
# record in the table migration_runs, a failed one with finished_at empty, so that tests can count them.
# Exit status: 0 done, 2 bad usage, anything else: it failed and PostgreSQL said why.
set -eu

case "${1:-}" in
upgrade | install) ;;
*)
  echo "usage: ./upgrade_schema.sh upgrade|install" >&2
  exit 2
  ;;
esac

version=${APP_VERSION:-0}
schema=${APP_SCHEMA:-1}
app=${APP_USER:-app}
export PGHOST="${DB__HOST:-127.0.0.1}" PGPORT="${DB__PORT:-5432}" PGDATABASE="${DB__NAME:-sample}"
export PGUSER="${DB__USER:-migration}" PGPASSWORD="${DB__PASSWORD:-}" PGCONNECT_TIMEOUT=5
export PGOPTIONS="-c client_min_messages=warning ${PGOPTIONS:-}"

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v version="$version" -v app="$app" "$@"; }

echo "upgrade_schema: to schema $schema for version $version as $PGUSER"
run=$(sql --single-transaction -f - <<'SQL'
SELECT pg_advisory_xact_lock(1);
CREATE TABLE IF NOT EXISTS migration_runs (
  id bigserial PRIMARY KEY, migrated_by text NOT NULL DEFAULT current_user, version text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(), finished_at timestamptz);
GRANT SELECT ON migration_runs TO :"app";
INSERT INTO migration_runs (version) VALUES (:'version') RETURNING id;
SQL
)
run=$(echo "$run" | tail -n 1)

case "${MIGRATION:-}" in
"") ;;
fail)
  echo "upgrade_schema: ERROR: told to fail (MIGRATION=fail)" >&2
  exit 1
  ;;
fail-first)
  if [ "$(sql -v run="$run" -f - <<'SQL'
SELECT count(*) FROM migration_runs WHERE version = :'version' AND id < :run;
SQL
)" = 0 ]; then
    echo "upgrade_schema: ERROR: told to fail the first time (MIGRATION=fail-first)" >&2
    exit 1
  fi
  ;;
hang)
  trap '' TERM # neither this shell nor what it starts hears it
  echo "upgrade_schema: told to hang (MIGRATION=hang)"
  while :; do sleep 1; done
  ;;
*)
  echo "upgrade_schema: MIGRATION must be fail, fail-first or hang, not '$MIGRATION'" >&2
  exit 2
  ;;
esac

if [ "${MIGRATION_SLEEP_MS:-0}" -gt 0 ]; then
  echo "upgrade_schema: working for $MIGRATION_SLEEP_MS ms"
  sleep "$((MIGRATION_SLEEP_MS / 1000)).$(printf %03d $((MIGRATION_SLEEP_MS % 1000)))"
fi

# What each schema adds. An old version keeps working on a newer schema: nothing is taken away or made mandatory.
{
  cat <<'SQL'
CREATE TABLE IF NOT EXISTS schema_version (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS visits (
  id bigserial PRIMARY KEY, version text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS jobs (
  id bigserial PRIMARY KEY, work_ms int NOT NULL, claimed_by text, claimed_version text, claimed_at timestamptz,
  finished_by text, finished_at timestamptz, finishes int NOT NULL DEFAULT 0);
INSERT INTO schema_version (version) VALUES (1) ON CONFLICT DO NOTHING;
SQL
  level=2
  while [ "$level" -le "$schema" ]; do
    case $level in
    2) echo "ALTER TABLE visits ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT '';" ;;
    3) echo "CREATE TABLE IF NOT EXISTS tags (visit bigint REFERENCES visits (id), tag text NOT NULL);" ;;
    *) echo "ALTER TABLE visits ADD COLUMN IF NOT EXISTS extra_$level text;" ;;
    esac
    echo "INSERT INTO schema_version (version) VALUES ($level) ON CONFLICT DO NOTHING;"
    level=$((level + 1))
  done
  cat <<'SQL'
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"app";
REVOKE INSERT, UPDATE, DELETE ON migration_runs, schema_version FROM :"app";
UPDATE migration_runs SET finished_at = clock_timestamp() WHERE id = :run;
SQL
} | sql -v run="$run" --single-transaction -f -

echo "upgrade_schema: schema is at $schema, run $run done"
