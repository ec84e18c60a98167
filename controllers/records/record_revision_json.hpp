// Revisions, rollbacks to them and what is known of their values, as the store's JSON.
#pragma once

#include <boost/json/object.hpp>

#include "controllers/records/json_reader.hpp"
#include "controllers/records/record.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const Revision& revision);
[[nodiscard]] boost::json::object to_json(const ValuesRecord& values);
[[nodiscard]] boost::json::object to_json(const RollbackOrigin& origin);
[[nodiscard]] boost::json::object to_json(const RollbackOrder& order);

// A spec goes through the manifests' own parser again: the stored text is trusted only as far as it parses.
[[nodiscard]] Application read_application(const JsonReader& parent, std::string_view key);
[[nodiscard]] Revision read_revision(const JsonReader& reader);
[[nodiscard]] ValuesRecord read_values(const JsonReader& reader);
[[nodiscard]] RollbackOrigin read_rollback_origin(const JsonReader& reader);
[[nodiscard]] RollbackOrder read_rollback_order(const JsonReader& reader);

}  // namespace teal
