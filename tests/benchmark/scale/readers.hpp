// Those who read from a teald with many applications: how many requests it answers, beside nginx with the same bytes;
// how soon all watchers are told of a change; what a list and a scrape take.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

namespace teal::test {

struct Rate {
  std::size_t answers = 0;  // with status 200
  std::size_t failed = 0;
  double seconds = 0;
  double server_cpu = 0;  // seconds

  [[nodiscard]] double per_second() const { return seconds > 0 ? static_cast<double>(answers) / seconds : 0; }
};

// `requests` GETs over `clients` connections that stay open, each client one request after the other.
[[nodiscard]] Rate ask_many(int port, const std::string& target, std::size_t requests, int clients, pid_t server);

// The same of an nginx with one worker, that serves `body` from a file. No answers when it is not installed.
[[nodiscard]] Rate ask_nginx(const std::string& folder, const std::string& body, std::size_t requests, int clients);

// The body of one GET, without a bound to its size, which Rest has.
[[nodiscard]] std::string read_whole(int port, const std::string& target);

struct Told {
  int watchers = 0;  // whose stream was opened
  std::size_t told = 0;
  std::size_t wanted = 0;
  double p99 = 0;      // ms from the change until they were told
  double longest = 0;  // ms
};

// `watchers` streams from `version` on; `change(n)` makes the nth change, of which each is told in a line with
// `mark(n)`.
[[nodiscard]] Told watch_changes(int port, const std::string& version, int watchers, int changes,
                                 const std::function<void(int)>& change, const std::function<std::string(int)>& mark);

[[nodiscard]] double cpu_seconds(pid_t pid);

}  // namespace teal::test
