#include "daemon/drivers/databases/postgres/fingerprint.hpp"

namespace teal::postgres {
namespace {

// Objects of temporary schemas and of extensions are no part of what a migration makes.
constexpr auto ours = R"(n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema')";

std::string make_fingerprint_query() {
  const std::string where = ours;
  return R"(
WITH facts AS (
  SELECT 'schema ' || n.nspname AS fact FROM pg_catalog.pg_namespace n WHERE )" +
         where + R"(
  UNION ALL
  SELECT 'relation ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' ' || c.relpersistence::text || ' ' ||
         coalesce(pg_catalog.pg_get_expr(c.relpartbound, c.oid), '') || ' ' || c.relrowsecurity
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND c.relname NOT LIKE 'teal\_migrations%' AND )" +
         where + R"(
  UNION ALL
  SELECT 'column ' || n.nspname || '.' || c.relname || '.' || a.attname || ' ' ||
         pg_catalog.format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || a.attidentity::text || ' ' ||
         a.attgenerated::text || ' ' || coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
      AND c.relname NOT LIKE 'teal\_migrations%' AND )" +
         where + R"(
  UNION ALL
  SELECT 'view ' || n.nspname || '.' || c.relname || ' ' || pg_catalog.pg_get_viewdef(c.oid)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND )" +
         where + R"(
  UNION ALL
  SELECT 'constraint ' || n.nspname || '.' || coalesce(c.relname, t.typname, '') || '.' || k.conname || ' ' ||
         pg_catalog.pg_get_constraintdef(k.oid) || ' ' || k.convalidated
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = k.conrelid LEFT JOIN pg_catalog.pg_type t ON t.oid = k.contypid
    WHERE coalesce(c.relname, '') NOT LIKE 'teal\_migrations%' AND )" +
         where + R"(
  UNION ALL
  SELECT 'index ' || n.nspname || '.' || i.relname || ' ' || pg_catalog.pg_get_indexdef(x.indexrelid) || ' ' ||
         x.indisvalid
    FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
    WHERE i.relname NOT LIKE 'teal\_migrations%' AND )" +
         where + R"(
  UNION ALL
  SELECT 'sequence ' || n.nspname || '.' || c.relname || ' ' || pg_catalog.format_type(s.seqtypid, NULL) || ' ' ||
         s.seqincrement || ' ' || s.seqmin || ' ' || s.seqmax || ' ' || s.seqcycle
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname NOT LIKE 'teal\_migrations%' AND )" +
         where + R"(
  UNION ALL
  SELECT 'enum ' || n.nspname || '.' || t.typname || ' ' || e.enumsortorder || ' ' || e.enumlabel
    FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE )" +
         where + R"(
  UNION ALL
  SELECT 'type ' || n.nspname || '.' || t.typname || ' ' || t.typtype::text || ' ' ||
         pg_catalog.format_type(t.typbasetype, t.typtypmod) || ' ' || t.typnotnull || ' ' || coalesce(t.typdefault, '')
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r') AND )" +
         where + R"(
  UNION ALL
  SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) ||
         ') ' || p.prokind::text || ' ' || coalesce(pg_catalog.pg_get_function_result(p.oid), '') || ' ' || p.prosrc
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE )" +
         where + R"(
  UNION ALL
  SELECT 'trigger ' || n.nspname || '.' || c.relname || '.' || g.tgname || ' ' || pg_catalog.pg_get_triggerdef(g.oid)
    FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT g.tgisinternal AND )" +
         where + R"(
  UNION ALL
  SELECT 'policy ' || n.nspname || '.' || c.relname || '.' || p.polname || ' ' || p.polcmd::text || ' ' ||
         coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '') || ' ' ||
         coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '')
    FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE )" +
         where + R"(
  UNION ALL
  SELECT 'extension ' || e.extname || ' ' || e.extversion FROM pg_catalog.pg_extension e
)
SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
  coalesce(pg_catalog.string_agg(fact, E'\n' ORDER BY fact COLLATE "C"), ''), 'UTF8')), 'hex') AS fingerprint FROM facts)";
}

}  // namespace

const std::string& fingerprint_query() {
  static const std::string query = make_fingerprint_query();
  return query;
}

const std::string& relations_query() {
  static const std::string query = std::string{R"(
SELECT coalesce(pg_catalog.array_agg(pg_catalog.format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname, c.relname), '{}') AS relations
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relname NOT LIKE 'teal\_migrations%' AND )"} +
                                   ours;
  return query;
}

}  // namespace teal::postgres
