#include "daemon/drivers/databases/postgres/grants.hpp"

#include <fmt/format.h>

#include <pqxx/result>

#include "daemon/drivers/databases/postgres/session.hpp"

namespace teal::postgres {
namespace {

// Where migration tools keep what they have done, in lower case; the application has no business there.
constexpr auto tool_histories =
    "ARRAY['__diesel_schema_migrations', '__drizzle_migrations', '__efmigrationshistory', '_prisma_migrations', "
    "'_sqlx_migrations', '_yoyo_log', '_yoyo_migration', '_yoyo_version', 'adonis_schema', 'adonis_schema_versions', "
    "'alembic_version', 'ar_internal_metadata', 'atlas_schema_revisions', 'databasechangelog', "
    "'databasechangeloglock', "
    "'django_migrations', 'doctrine_migration_versions', 'flyway_schema_history', 'goose_db_version', "
    "'gorp_migrations', "
    "'kysely_migration', 'kysely_migration_lock', 'knex_migrations', 'knex_migrations_lock', 'migrate_version', "
    "'mikro_orm_migrations', 'phinxlog', 'pgmigrations', 'refinery_schema_history', 'schema_migrations', "
    "'schema_migrations_lock', 'schema_version', 'sequelizemeta', 'typeorm_metadata', 'versioninfo', 'yoyo_lock']";

// `made`: what the job made. `step`: what is reached through what. `way`: all that each is reached through, itself
// first. An identity's sequence needs no grant; a serial's one only from those who may insert.
constexpr auto ungranted_question = R"(
WITH RECURSIVE u AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = {user}),
made AS (
  SELECT DISTINCT m.name, c.oid, c.relkind, c.relname, c.relnamespace
    FROM (SELECT DISTINCT pg_catalog.unnest(created) AS name FROM {ledger} WHERE {ours} AND image_digest = {digest}) m
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(m.name)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::regclass
                       AND e.objid = c.oid AND e.deptype = 'e')
),
step AS (
  SELECT inhrelid AS lower, inhparent AS upper FROM pg_catalog.pg_inherits
  UNION
  SELECT d.refobjid, v.oid FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
    WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.refobjid <> v.oid AND v.relkind IN ('v', 'm')
      AND NOT EXISTS (SELECT FROM pg_catalog.unnest(v.reloptions) o
                       WHERE o ~* '^security_invoker=(t|true|y|yes|on|1)$')
),
way AS (SELECT oid AS made, oid AS via FROM made UNION SELECT w.made, s.upper FROM way w JOIN step s ON s.lower = w.via),
reached AS (
  SELECT w.made FROM way w JOIN pg_catalog.pg_class c ON c.oid = w.via CROSS JOIN u
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND pg_catalog.has_schema_privilege(u.oid, c.relnamespace, 'USAGE')
      AND (pg_catalog.has_table_privilege(u.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
           OR pg_catalog.has_any_column_privilege(u.oid, c.oid, 'SELECT, INSERT, UPDATE'))
)
SELECT DISTINCT made.name FROM made CROSS JOIN u
  LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = made.oid
    AND made.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_catalog.pg_class'::regclass
  LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
  WHERE NOT pg_catalog.lower(coalesce(t.relname, made.relname)) = ANY ({histories})
    AND CASE WHEN made.relkind = 'S'
      THEN d.deptype IS DISTINCT FROM 'i'
        AND (t.oid IS NULL OR pg_catalog.has_table_privilege(u.oid, t.oid, 'INSERT'))
        AND NOT (pg_catalog.has_schema_privilege(u.oid, made.relnamespace, 'USAGE')
                 AND pg_catalog.has_sequence_privilege(u.oid, made.oid, 'USAGE, SELECT, UPDATE'))
      ELSE made.oid NOT IN (SELECT reached.made FROM reached) END
  ORDER BY made.name)";

}  // namespace

std::vector<std::string> ungranted(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key,
                                   const std::string& user) {
  const auto ours = fmt::format("application = {} AND job = {}", work.quote(key.application), work.quote(key.job));
  const auto rows = work.exec(fmt::format(
      fmt::runtime(ungranted_question), fmt::arg("user", work.quote(user)), fmt::arg("ledger", ledger),
      fmt::arg("ours", ours), fmt::arg("digest", work.quote(key.image_digest)), fmt::arg("histories", tool_histories)));
  std::vector<std::string> names;
  for (const auto& row : at_most(rows, 50'000)) names.push_back(short_text(row[0]));
  return names;
}

}  // namespace teal::postgres
