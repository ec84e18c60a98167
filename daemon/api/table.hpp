// Kubernetes' `Table`: lists as a server words them for people, with the columns of `teal get`. kubectl prints what it
// is given, so that both show the same.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "controllers/status/status.hpp"
#include "daemon/api/list_pages.hpp"
#include "daemon/api/message.hpp"
#include "manifests/api/audit.hpp"
#include "manifests/api/event.hpp"
#include "manifests/api/rollout.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::api {

// Whether an answer is to be a Table, and how much of each object goes with its row.
struct TableForm {
  enum class Include { None, Metadata, Object };
  std::string version;  // "v1"; empty: the answer is to be plain
  Include include = Include::Metadata;

  [[nodiscard]] bool is_wanted() const { return !version.empty(); }
  [[nodiscard]] std::string content_type() const;
};

// From the Accept header and `includeObject`. Errors: invalid.
[[nodiscard]] Result<TableForm> table_form(const Request& request);

enum class TableOf { Applications, Rollouts, Events, Audit };

// One object and what stands in its row.
struct TableRow {
  boost::json::array cells;
  boost::json::object object;
};
[[nodiscard]] TableRow row_of(const status::ApplicationView& view, Time now);
[[nodiscard]] TableRow row_of(const objects::RolloutObject& rollout, Time now);
[[nodiscard]] TableRow row_of(const objects::AuditObject& entry);
// An event is shown by several groups, each with an object of its own.
[[nodiscard]] boost::json::array cells_of(const objects::EventObject& event, Time now);

[[nodiscard]] boost::json::object row_object(const TableForm& form, TableRow row);

// A table with no rows, which stand last in it.
[[nodiscard]] boost::json::object empty_table(const TableForm& form, TableOf what, const std::string& resource_version,
                                              const MoreToCome& more = {});
// A table of one object, as a watch and a GET of one send it.
[[nodiscard]] boost::json::object table_of_one(const TableForm& form, TableOf what, TableRow row);

}  // namespace teal::api
