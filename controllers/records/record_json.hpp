// Records as JSON documents, for the store; specs are in the manifest's own form and read back by its parser.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "controllers/records/record.hpp"
#include "manifests/foundation/result.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const ApplicationRecord& record);
[[nodiscard]] boost::json::object to_json(const RolloutRecord& record);

// Errors: invalid, when the text was not written by `to_json` of this or an earlier release.
[[nodiscard]] Result<ApplicationRecord> application_record_from_json(std::string_view text);
[[nodiscard]] Result<RolloutRecord> rollout_record_from_json(std::string_view text);

}  // namespace teal
