// Whoever was granted something is on record with it, once; and nobody is without having asked.
#include <fmt/format.h>

#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

void Monitors::answered(const std::string& by, const Result<void>& done) {
  auto& asking = askings_[by];
  if (done) {
    if (asking.on_record < ++asking.granted)
      report(Promise::O6, by, "what was granted to " + by + " is not in the audit");
  } else if (done.error().code != ErrorCode::timed_out) {  // an answer that is lost says nothing
    ++asking.refused;
    check_asked(by);
  }
}

void Monitors::check_asked(const std::string& by) {
  const auto& asking = askings_[by];
  if (asking.on_record <= asking.asked - asking.refused) return;
  report(Promise::O6, by,
         fmt::format("{} is in the audit {} times, asked {} times and was refused {} times", by, asking.on_record,
                     asking.asked, asking.refused));
}

void Monitors::audited(const std::vector<records::AuditEntry>& entries) {
  for (const auto& entry : entries) {
    ++askings_[entry.by.name].on_record;
    check_asked(entry.by.name);
  }
}

void Monitors::audited(const records::ApplicationRecord* before, const records::ApplicationRecord& now,
                       const std::vector<records::AuditEntry>& entries) {
  const auto& name = now.application.name;
  const bool changed = before == nullptr || before->application != now.application || before->file != now.file ||
                       before->orphaned != now.orphaned || before->deleting != now.deleting;
  if (changed == entries.empty()) {
    return report(Promise::O6, name,
                  fmt::format("{} {} with {} entries in the audit", name, changed ? "changed" : "stayed as it was",
                              entries.size()));
  }
  if (entries.empty()) return;
  const auto first = before != nullptr ? before->generation : 0;
  const auto last = now.deleting ? 0 : now.generation;
  const bool fits = entries.front().generation_before == first && entries.back().generation_after == last;
  if (!fits) report(Promise::O6, name, fmt::format("the audit of {} tells of other generations", name));
}

}  // namespace teal::simulation
