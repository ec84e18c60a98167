// The databases that migrations change: servers, what is wrong with them now, who else is at work there, and what truly
// holds, whatever teald was told.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/fake_database.hpp"

namespace teal::simulation {

struct DatabaseState {
  test::FakeServer server;
  // Until then …
  Time read_only{};                 // it is a standby
  Time pooled{};                    // a transaction pooler stands before it
  Time full{};                      // no connection is left for a preflight that wants some
  Time too_strong{};                // the application's user may change the schema
  std::set<std::string> forgotten;  // "job of digest" whose GRANT was forgotten
};

struct Databases {
  std::map<std::string, DatabaseState> all;  // by name
  // The session with which the teald that lives now took the lock, by database and application.
  std::map<std::pair<std::string, std::string>, int> ours;

  [[nodiscard]] bool is_held(const std::string& database, const std::string& application) const {
    const auto mine = ours.find({database, application});
    const auto found = all.find(database);
    if (mine == ours.end() || found == all.end()) return false;
    const auto lock = found->second.server.locks.find(database);
    return lock != found->second.server.locks.end() && lock->second.session == mine->second;
  }
};

// What a ledger's row and a forgotten GRANT are of.
[[nodiscard]] inline std::string work_of(const std::string& job, const std::string& image_digest) {
  return job + " of " + image_digest;
}

// Whether a text holds what stands in a password's file. Names of files and of users may be told.
[[nodiscard]] bool tells_secret(std::string_view text);

}  // namespace teal::simulation
