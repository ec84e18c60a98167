#pragma once
// What the load generator counts. Exact: every request that was begun is in `sent`, and either good or in `failed`.
//
// Safe to use from any thread.
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace teal::load {

enum class Kind { fresh, keep_alive, slow };

[[nodiscard]] const char* name_of(Kind kind);

struct Outcome {
  Kind kind = Kind::fresh;
  std::string error;    // empty: answered completely with 2xx
  std::string version;  // as the answer says, empty when it does not
  std::chrono::microseconds latency{0};
};

class Tally {
 public:
  void add(const Outcome& outcome);
  void reopened();  // a kept connection that the server had closed while it was idle

  struct Totals {
    std::uint64_t sent = 0, failed = 0;
    std::string last_version;
  };
  [[nodiscard]] Totals totals() const;

  // The final report as one line of JSON.
  [[nodiscard]] std::string report() const;

 private:
  struct Counts {
    std::uint64_t sent = 0, failed = 0;
    std::vector<std::uint32_t> latencies_us;  // of the good ones
  };
  struct Failure {
    std::int64_t unix_ms;
    Kind kind;
    std::string error;
  };

  mutable std::mutex mutex_;
  std::map<Kind, Counts> kinds_;
  std::map<std::string, std::uint64_t> errors_, versions_;
  std::vector<Failure> first_failures_;
  std::uint64_t reopened_ = 0;
  std::string last_version_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace teal::load
