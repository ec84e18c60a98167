# shellcheck shell=bash disable=SC2154
# PostgreSQL 15 (or the one whose programs are in TEAL_PG_BIN): always a cluster of our own, with two users: one that
# owns the schema, one that only uses it.
# Needs process.sh, $dir, $private.

pg_bin=${TEAL_PG_BIN:-/usr/lib/postgresql/15/bin}
pg_database=sample

# postgres refuses to run as root.
as_postgres() {
  if [[ $(id -u) == 0 ]]; then setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; else "$@"; fi
}

pg_secret() { cat "$dir/postgres/secrets/$1"; }
pg_port() { cat "$dir/postgres/port"; }

superuser_psql() {
  PGPASSWORD=$(pg_secret superuser_password) PGCONNECT_TIMEOUT=5 "$pg_bin/psql" -X -v ON_ERROR_STOP=1 \
    -h "$dir/postgres/run" -p "$(pg_port)" -U postgres "$@"
}

postgres_answers() { superuser_psql -d postgres -Atc 'SELECT 1'; }

make_secrets() {
  local name secrets=$dir/postgres/secrets
  mkdir -p -m 700 "$secrets"
  for name in superuser_password app_password migration_password; do
    [[ -s $secrets/$name ]] || (umask 077 && head -c 18 /dev/urandom | base64 | tr -d '/+=\n' >"$secrets/$name")
  done
  echo app >"$secrets/app_user"
  echo migration >"$secrets/migration_user"
  chmod 600 "$secrets"/*  # teald reads no secret that others can
}

make_cluster() {
  local data=$dir/postgres/data log=$dir/postgres/initdb.log
  [[ ! -s $data/PG_VERSION || ! -e $dir/postgres/made ]] || return 0
  rm -rf "$data"
  mkdir -p "$data" "$dir/postgres/run"
  if [[ $(id -u) == 0 ]]; then chown postgres:postgres "$data" "$dir/postgres/run"; fi
  chmod 700 "$data"
  as_postgres test -w "$data" || fail "user postgres cannot reach $data: choose a directory whose parents are open to all"
  local password=$dir/postgres/run/initdb_password
  as_postgres sh -c 'umask 077; cat >"$1"' - "$password" <"$dir/postgres/secrets/superuser_password"
  as_postgres "$pg_bin/initdb" -D "$data" -U postgres -A scram-sha-256 --pwfile="$password" --locale=C.UTF-8 -E UTF8 \
    --no-sync --no-instructions >"$log" 2>&1 || fail "initdb failed" "$log"
  rm -f "$password"
}

postgres_start() {
  local settings=(-c "port=$(pg_port)" -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$dir/postgres/run"
    -c max_connections=300 -c shared_buffers=32MB -c log_min_messages=warning)
  # Tests throw their data away.
  # What is committed must outlive a PostgreSQL that tests kill, not the machine.
  if [[ $private == 1 ]]; then settings+=(-c fsync=off -c full_page_writes=off -c max_prepared_transactions=2); fi
  launch postgres "$dir/postgres/postgres.log" setpriv $(pg_identity) -- "$pg_bin/postgres" -D "$dir/postgres/data" "${settings[@]}"
  wait_for postgres 30 postgres_answers
}

pg_identity() { if [[ $(id -u) == 0 ]]; then echo --reuid postgres --regid postgres --clear-groups; fi; }

# create_database NAME: owned by the migration user; the application user may connect and use, not create.
create_database() {
  superuser_psql -q -d postgres -v name="$1" <<'SQL'
SELECT format('CREATE DATABASE %I OWNER migration', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO app;
SQL
  superuser_psql -q -d "$1" -c 'ALTER SCHEMA public OWNER TO migration' -c 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' \
    -c 'GRANT USAGE ON SCHEMA public TO app'
}

make_roles() {
  [[ ! -e $dir/postgres/made ]] || return 0
  superuser_psql -q -d postgres >>"$dir/postgres/initdb.log" 2>&1 <<SQL
CREATE ROLE app LOGIN PASSWORD '$(pg_secret app_password)';
CREATE ROLE migration LOGIN PASSWORD '$(pg_secret migration_password)';
SQL
  create_database "$pg_database"
  touch "$dir/postgres/made"
}

postgres_env() {
  local file=$dir/postgres/env secrets=$dir/postgres/secrets
  : >"$file"
  put PG_BIN "$pg_bin" "$file"
  put PG_HOST 127.0.0.1 "$file"
  put PG_PORT "$(pg_port)" "$file"
  put PG_SOCKET_DIR "$dir/postgres/run" "$file"
  put PG_DATABASE "$pg_database" "$file"
  put PG_APP_USER app "$file"
  put PG_APP_USER_FILE "$secrets/app_user" "$file"
  put PG_APP_PASSWORD_FILE "$secrets/app_password" "$file"
  put PG_MIGRATION_USER migration "$file"
  put PG_MIGRATION_USER_FILE "$secrets/migration_user" "$file"
  put PG_MIGRATION_PASSWORD_FILE "$secrets/migration_password" "$file"
  put PG_SUPERUSER postgres "$file"
  put PG_SUPERUSER_PASSWORD_FILE "$secrets/superuser_password" "$file"
  put PG_LOG "$dir/postgres/postgres.log" "$file"
}

postgres_up() {
  mkdir -p "$dir/postgres"
  if alive postgres && [[ -s $dir/postgres/port ]] && postgres_answers >/dev/null 2>&1; then return; fi
  [[ -x $pg_bin/postgres ]] || fail "PostgreSQL is missing ($pg_bin): run deploy/install-packages"
  stop postgres INT
  make_secrets
  make_cluster
  local started=0
  for _ in 1 2 3; do
    # Kept over a restart, so that manifests that name it stay right.
    if [[ ! -s $dir/postgres/port || -n $(ss -Hltn "sport = :$(pg_port)") ]]; then free_port >"$dir/postgres/port"; fi
    if postgres_start; then started=1; break; fi
    stop postgres INT
  done
  [[ $started == 1 ]] || fail "PostgreSQL did not start" "$dir/postgres/postgres.log"
  make_roles || fail "the database users could not be created" "$dir/postgres/initdb.log"
  postgres_env
}

# stop_postgres [--kill]: a fast shutdown: sessions are ended, nothing is lost.
stop_postgres() {
  if [[ ${1:-} == --kill ]]; then stop postgres QUIT; else stop postgres INT; fi
}

start_postgres() {
  if alive postgres; then return; fi
  postgres_start || fail "PostgreSQL did not start" "$dir/postgres/postgres.log"
}
