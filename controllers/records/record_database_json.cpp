#include "controllers/records/record_database_json.hpp"

#include <boost/json/array.hpp>

namespace teal {

namespace json = boost::json;

json::object to_json(const DatabaseRecord& record) {
  json::object out;
  out["locked"] = record.locked;
  out["holder"] = record.holder;
  out["ledgerRow"] = record.ledger_row;
  out["outcome"] = record.outcome;
  out["fingerprintBefore"] = record.fingerprint_before;
  out["fingerprintAfter"] = record.fingerprint_after;
  if (record.verdict) out["verdict"] = to_string(*record.verdict);
  if (record.ended_at) out["endedAt"] = format_time(*record.ended_at);
  if (record.checked_at) out["checkedAt"] = format_time(*record.checked_at);
  json::array findings;
  for (const auto& finding : record.findings) {
    json::object one;
    one["type"] = finding.type;
    one["reason"] = finding.reason;
    one["message"] = finding.message;
    one["blocks"] = finding.blocks;
    one["passes"] = finding.passes;
    findings.push_back(std::move(one));
  }
  out["findings"] = std::move(findings);
  return out;
}

DatabaseRecord read_database(const JsonReader& reader) {
  constexpr JobState verdicts[] = {JobState::NotNeeded, JobState::Pending, JobState::Running,
                                   JobState::Succeeded, JobState::Failed,  JobState::Unknown};
  DatabaseRecord record;
  record.locked = reader.flag("locked");
  record.holder = reader.text("holder");
  record.ledger_row = reader.number<std::int64_t>("ledgerRow");
  record.outcome = reader.text("outcome");
  record.fingerprint_before = reader.text("fingerprintBefore");
  record.fingerprint_after = reader.text("fingerprintAfter");
  if (reader.has("verdict")) record.verdict = reader.one_of("verdict", verdicts);
  record.ended_at = reader.optional_time("endedAt");
  record.checked_at = reader.optional_time("checkedAt");
  for (const auto& item : reader.items("findings")) {
    DatabaseFinding finding;
    finding.type = item.text("type");
    finding.reason = item.text("reason");
    finding.message = item.text("message");
    finding.blocks = item.flag("blocks");
    finding.passes = item.flag("passes");
    record.findings.push_back(std::move(finding));
  }
  return record;
}

}  // namespace teal
