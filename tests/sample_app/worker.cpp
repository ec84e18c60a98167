// The sample application's worker: one job at a time from the table `jobs`, as the vendor's Dramatiq worker does.
//
// A job is claimed in one statement and its finish is counted in another, so a test can prove that each job that was
// taken was finished exactly once: `finishes` is 1. A worker that is killed leaves its job claimed with 0 finishes;
// nothing takes it up again, so that a test sees the loss.
#include <poll.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <thread>

#include "tests/sample_app/database.hpp"
#include "tests/sample_app/settings.hpp"
#include "tests/sample_app/signals.hpp"

namespace sample {
namespace {

constexpr int idle_poll_ms = 100;
constexpr int reconnect_ms = 500;

constexpr const char* claim_sql =
    "UPDATE jobs SET claimed_by = $1, claimed_version = $2, claimed_at = now() WHERE id = (SELECT id FROM jobs "
    "WHERE claimed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, work_ms";
constexpr const char* finish_sql =
    "UPDATE jobs SET finishes = finishes + 1, finished_by = $2, finished_at = now() WHERE id = $1";

// True when told to stop, at once or within `wait_ms`.
bool told_to_stop(int stop_fd, int wait_ms) {
  pollfd entry{stop_fd, POLLIN, 0};
  return poll(&entry, 1, wait_ms) > 0;
}

// A finish must not get lost because PostgreSQL was away for a moment: the work is done.
void finish(const Settings& settings, std::unique_ptr<Connection>& database, const std::string& job) {
  for (;;) {
    try {
      if (database == nullptr) database = std::make_unique<Connection>(settings);
      (void)database->query(finish_sql, {job, settings.replica});
      return;
    } catch (const DatabaseError& error) {
      std::fprintf(stderr, "job %s: finished, but not recorded yet: %s\n", job.c_str(), error.what());
      database.reset();
      std::this_thread::sleep_for(std::chrono::milliseconds(reconnect_ms));
    }
  }
}

int run() {
  const Settings settings = read_settings();
  const int stop = stop_descriptor(settings.ignore_sigterm, true);
  std::this_thread::sleep_for(settings.slow_start);
  std::fprintf(stderr, "worker version %s starts\n", settings.version.c_str());
  const auto started = std::chrono::steady_clock::now();
  std::unique_ptr<Connection> database;
  int finished = 0;
  int wait_ms = 0;
  while (!told_to_stop(stop, wait_ms)) {
    wait_ms = idle_poll_ms;
    if (settings.healthy_then_crash && std::chrono::steady_clock::now() - started >= *settings.healthy_then_crash) {
      std::fprintf(stderr, "crashing as told (HEALTHY_THEN_CRASH_MS)\n");
      return 1;
    }
    try {
      if (database == nullptr) database = std::make_unique<Connection>(settings);
      const auto claimed = database->query(claim_sql, {settings.replica, settings.version});
      if (claimed.empty()) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(claimed.at(0).at(1))));
      finish(settings, database, claimed.at(0).at(0));
      ++finished;
      wait_ms = 0;
    } catch (const DatabaseError& error) {
      std::fprintf(stderr, "database: %s\n", error.what());
      database.reset();
      wait_ms = reconnect_ms;
    }
  }
  std::fprintf(stderr, "worker version %s: %d jobs finished, bye\n", settings.version.c_str(), finished);
  return 0;
}

}  // namespace
}  // namespace sample

int main() {
  try {
    return sample::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "worker: %s\n", error.what());
    return 2;
  }
}
