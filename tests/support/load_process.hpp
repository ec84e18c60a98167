// The load generator (tests/support/load) beside a test.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/support/process.hpp"

namespace teal::test {

struct LoadRates {
  int fresh = 40;                                                 // requests a second, each on a new connection
  int kept = 40;                                                  // requests a second on kept connections
  int slow = 2;                                                   // 2-second requests always in flight
  std::chrono::milliseconds patience = std::chrono::seconds{10};  // of each request
};

struct LoadReport {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::map<std::string, std::uint64_t> versions;
  std::string kinds;   // sent and failed of each kind, for people
  std::string errors;  // what failed, for people; empty when nothing did
};

class Load {
 public:
  // Returns when the first request is over, so that a load that a test ends at once has something to report.
  // Throws std::runtime_error when the generator does not get that far.
  Load(const std::string& url, const std::string& folder, LoadRates rates = {});

  // Waits for what is in flight; throws when there is no report.
  LoadReport finish();

 private:
  std::string report_;
  std::unique_ptr<Process> process_;
};

}  // namespace teal::test
