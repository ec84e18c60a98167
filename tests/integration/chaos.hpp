// What the chaos tests share: a seed, load whose failures are counted apart while the way of the traffic itself is
// down, and the state that everything must come back to.
//
// TEAL_CHAOS_SEED=N repeats a run; TEAL_CHAOS_KILLS=N (default 50) and TEAL_CHAOS_STOP_SECONDS=N (default 6) make
// longer ones than CI's.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "tests/integration/stage.hpp"

namespace teal::test {

class Chaos : public Stage {
 protected:
  [[nodiscard]] static int setting(const char* name, int usual) {
    const char* text = std::getenv(name);
    return text == nullptr ? usual : std::atoi(text);
  }

  // Versions whose migration takes long enough to be hit.
  static void build_slow_migrations(int first, int last, int milliseconds) {
    std::vector<std::string> versions;
    for (int version = first; version <= last; ++version) versions.push_back(std::to_string(version));
    build_images(versions, fmt::format("MIGRATION_SLEEP_MS={}", milliseconds));
  }

  void upgrade_to(int revision) {
    shop_.version = std::to_string(revision);
    save(shop_);
  }

  void wait_for_phase(int revision, const std::string& wanted) {
    std::string now;
    eventually(fmt::format("revision {} in {}", revision, wanted), 30s, [&] {
      now = phase(revision);
      return now == wanted || now == "Complete" || now == "RolledBack" || now == "Failed";
    });
    EXPECT_EQ(now, wanted) << "this phase went by unseen";
  }

  // From a fault on until this says that it is over, failures are the fault's own.
  void finish_load_with_outage(const std::string& what) {
    const auto report = take_load();
    std::cout << fmt::format("  {}: {} of {} requests failed while the way of the traffic was down\n", what,
                             report.failed, report.sent);
  }

  bool served_again(Milliseconds limit) {
    return eventually("requests are served again", limit, [&] { return !get().empty(); });
  }

  // Complete, and nothing is missing or left over.
  void expect_converged(int revision) {
    ASSERT_TRUE(complete(revision, 60s));
    expect_only(revision);
    expect_migrations_of(revision);
  }

  void expect_only(int revision) {
    EXPECT_TRUE(eventually("no container too many or too few", 10s, [&] {
      return containers() == replicas(revision, shop_.replicas, shop_.workers);
    })) << fmt::format("{}", fmt::join(containers(), " "));
    std::vector<std::string> servers;
    for (int i = 0; i < shop_.replicas; ++i) servers.push_back(fmt::format("teal-shop-api-r{}-{} UP", revision, i));
    EXPECT_TRUE(eventually("no server too many or too few", 10s, [&] { return haproxy_servers() == servers; }))
        << fmt::format("{}", fmt::join(haproxy_servers(), ", "));
  }

  // Each run was one that teald had decided on, begun when the one before had ended, and the last one succeeded.
  void expect_migrations_of(int revision) {
    const auto attempts = number_at(rollout(revision), "/status/migration/0/attempts");
    EXPECT_EQ(sql(fmt::format("SELECT count(*) FROM migration_runs WHERE version = '{}'", revision)),
              std::to_string(attempts));
    EXPECT_EQ(sql("SELECT a.id FROM migration_runs a JOIN migration_runs b ON a.id < b.id WHERE b.started_at < "
                  "coalesce(a.finished_at, a.started_at)"),
              "")
        << "two migrations at a time";
    EXPECT_EQ(sql("SELECT count(DISTINCT version) FROM migration_runs WHERE finished_at IS NOT NULL"),
              std::to_string(revision));
  }

  // Not one run more than there are versions: for faults that a migration does not even notice.
  void expect_every_migration_once(int revision) {
    EXPECT_EQ(sql("SELECT count(*) FROM migration_runs"), std::to_string(revision));
  }

  Shop shop_;
};

}  // namespace teal::test
