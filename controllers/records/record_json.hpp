// Records as JSON documents, for the store. Parts that the API shows unchanged are described in manifests/api.
//
// A document states its `format`; without one, it is the first. Decoding is lenient and skips today's validation
// (manifests/wire/decode.hpp), so that another release's database can be used.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>

#include "controllers/records/record.hpp"
#include "controllers/records/unreadable.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::records {

[[nodiscard]] boost::json::object to_json(const ApplicationRecord& record);
[[nodiscard]] boost::json::object to_json(const RolloutRecord& record);

// Errors: invalid, with what is wrong and where in it.
[[nodiscard]] Result<ApplicationRecord> application_record_from_json(std::string_view text);
[[nodiscard]] Result<RolloutRecord> rollout_record_from_json(std::string_view text);

// What can be read all the same of a text that the above refuse.
[[nodiscard]] ApplicationRecord salvaged_application(std::string_view name, std::string_view text);
[[nodiscard]] UnreadableRollout salvaged_rollout(std::string_view text);

}  // namespace teal::records
