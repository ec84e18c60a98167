#include "controllers/records/record_revision_json.hpp"

#include <boost/json/serialize.hpp>

#include "manifests/json.hpp"
#include "manifests/parse.hpp"

namespace teal {

namespace json = boost::json;

json::object to_json(const Revision& revision) {
  json::object out;
  out["number"] = revision.number;
  out["application"] = to_json(revision.application);
  out["imageId"] = revision.image_id;
  out["imageDigest"] = revision.image_digest;
  if (revision.values_changes != 0) out["valuesChanges"] = revision.values_changes;
  return out;
}

json::object to_json(const ValuesRecord& values) {
  json::object out;
  json::object fingerprints;
  for (const auto& [source, fingerprint] : values.fingerprints) fingerprints[source] = fingerprint;
  out["fingerprints"] = std::move(fingerprints);
  out["changes"] = values.changes;
  out["known"] = values.known;
  out["problem"] = values.problem;
  return out;
}

json::object to_json(const RollbackOrigin& origin) {
  json::object out;
  out["toRevision"] = origin.to_revision;
  out["by"] = origin.by;
  out["note"] = origin.note;
  out["shelved"] = to_json(origin.shelved);
  return out;
}

json::object to_json(const RollbackOrder& order) {
  json::object out;
  out["to"] = to_json(order.to);
  out["by"] = order.by;
  out["note"] = order.note;
  return out;
}

Application read_application(const JsonReader& parent, std::string_view key) {
  const JsonReader reader = parent.child(key);
  const auto* object = reader.object();
  if (object == nullptr) return {};
  Parsed parsed = parse_application(json::serialize(*object), reader.where());
  if (parsed.application) return std::move(*parsed.application);
  reader.fail(parsed.diagnostics.empty() ? "is no application" : to_string(parsed.diagnostics.front()));
  return {};
}

Revision read_revision(const JsonReader& reader) {
  Revision revision;
  revision.number = reader.number<int>("number");
  revision.application = read_application(reader, "application");
  revision.image_id = reader.text("imageId");
  revision.image_digest = reader.text("imageDigest");
  if (reader.has("valuesChanges")) revision.values_changes = reader.number<int>("valuesChanges");
  return revision;
}

ValuesRecord read_values(const JsonReader& reader) {
  ValuesRecord values;
  const JsonReader fingerprints = reader.child("fingerprints");
  for (const auto& source : fingerprints.keys()) values.fingerprints[source] = fingerprints.text(source);
  values.changes = reader.number<int>("changes");
  values.known = reader.flag("known");
  values.problem = reader.text("problem");
  return values;
}

RollbackOrigin read_rollback_origin(const JsonReader& reader) {
  RollbackOrigin origin;
  origin.to_revision = reader.number<int>("toRevision");
  origin.by = reader.text("by");
  origin.note = reader.text("note");
  origin.shelved = read_application(reader, "shelved");
  return origin;
}

RollbackOrder read_rollback_order(const JsonReader& reader) {
  RollbackOrder order;
  order.to = read_revision(reader.child("to"));
  order.by = reader.text("by");
  order.note = reader.text("note");
  return order;
}

}  // namespace teal
