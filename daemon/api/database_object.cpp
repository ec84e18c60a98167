#include "daemon/api/database_object.hpp"

namespace teal::api {

namespace json = boost::json;

json::array finding_objects(const std::vector<DatabaseFinding>& findings) {
  json::array out;
  for (const auto& finding : findings) {
    json::object one;
    one["type"] = finding.type;
    one["reason"] = to_string(finding.reason);
    one["message"] = finding.message;
    one["blocks"] = finding.blocks;
    out.push_back(std::move(one));
  }
  return out;
}

json::object database_object(const DatabaseRecord& record) {
  json::object out;
  json::object lock;
  lock["held"] = record.locked;
  if (!record.holder.empty()) lock["holder"] = record.holder;
  out["lock"] = std::move(lock);
  if (record.ledger_row > 0) {
    json::object ledger;
    ledger["row"] = record.ledger_row;
    ledger["outcome"] = record.outcome.empty() ? std::string_view{"Running"} : std::string_view{record.outcome};
    ledger["fingerprintBefore"] = record.fingerprint_before;
    if (!record.fingerprint_after.empty()) ledger["fingerprintAfter"] = record.fingerprint_after;
    out["ledger"] = std::move(ledger);
  }
  if (record.checked_at) out["findings"] = finding_objects(record.findings);
  return out;
}

}  // namespace teal::api
