// Turns denials into a bounded number of audit entries, whatever clients do.
//
// Within a minute, the first ten denials of a source and name get an entry each; the rest are counted in one more entry
// at the end of the minute ("and 37 more like it"). Overall there is a budget of 200 entries, replenished by four a
// minute; denials beyond it, or beyond 64 sources, are counted together in one entry a minute without a name. So an
// endless flood writes five entries a minute on average. Every denial is counted.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/records/audit.hpp"

namespace teal::access {

class DenialTally {
 public:
  static constexpr const char* many = "(many)";  // the name of those that are counted together

  void add(const records::Requester& who, int status, const std::string& application, Time now);
  // What is to be written now; at most 300 at a time.
  [[nodiscard]] std::vector<records::AuditEntry> take(Time now);
  // Also what is counted, although the minute is not over.
  [[nodiscard]] std::vector<records::AuditEntry> take_all(Time now);
  // They could not be written: they are taken again later.
  void give_back(std::vector<records::AuditEntry> entries);
  // Something is to be written, now or once the minute is over.
  [[nodiscard]] bool has_entries() const { return !pending_.empty(); }
  [[nodiscard]] bool is_counting() const;

 private:
  struct Source {
    int written = 0;
    std::optional<records::AuditEntry> counted;  // the first that got no entry, and how many there were
  };

  void turn(Time now);
  void close(Time now);
  void put(records::AuditEntry entry);
  void count_with_many(int status, std::int64_t more, Time now);

  Time minute_{};  // when it began
  double allowance_ = 0;
  bool begun_ = false;
  std::map<std::string, Source> sources_;
  std::optional<records::AuditEntry> many_;
  std::vector<records::AuditEntry> pending_;
};

}  // namespace teal::access
