// What every integration test stands on: dockerd, HAProxy and PostgreSQL for the whole executable, and for each test a
// teald with its own store, an empty HAProxy and an empty database. On failure it prints what happened. At the end of
// each test all that teald and teal have said is searched for the secrets that were planted (C2).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/planted.hpp"
#include "tests/integration/shop.hpp"
#include "tests/support/load_process.hpp"
#include "tests/support/servers.hpp"
#include "tests/support/teald_process.hpp"

namespace teal::test {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

class Stage : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] static Servers& servers();
  // Versions of the sample, those that misbehave included: `baked` is one of its switches, KEY=VALUE. 1, 2 and 3 are
  // there already.
  static void build_images(const std::vector<std::string>& versions, const std::string& baked = "");
  [[nodiscard]] Teald& teald() { return *teald_; }
  [[nodiscard]] Planted& planted_secrets() { return *planted_; }
  [[nodiscard]] TealdSettings settings(const std::string& folder) const;
  // Another teald in the place of the present one, which is stopped.
  void replace_teald(TealdSettings settings);
  [[nodiscard]] const std::string& folder() const { return folder_; }
  // More lines of the first teald's teald.yaml.
  [[nodiscard]] virtual std::string more_config() const { return ""; }
  // Who teald runs as, who then also owns the secrets that are planted. 0: with all rights.
  [[nodiscard]] virtual uid_t user() const { return 0; }
  // Where requests enter.
  [[nodiscard]] virtual std::string traffic_url() const { return servers().value("HAPROXY_URL"); }

  // --- asking teald
  [[nodiscard]] boost::json::value application(const std::string& name = "shop");
  [[nodiscard]] boost::json::value rollout(int revision, const std::string& name = "shop");
  [[nodiscard]] std::string phase(int revision, const std::string& name = "shop");
  [[nodiscard]] boost::json::array events(const std::string& application = "shop");
  // The messages of the events with this reason, oldest first.
  [[nodiscard]] std::vector<std::string> told(const std::string& reason, const std::string& application = "shop");
  [[nodiscard]] std::string condition(const std::string& type, const std::string& field,
                                      const std::string& name = "shop");
  Output teal(std::vector<std::string> arguments, Milliseconds limit = 60s);  // the command line

  // --- changing what is wanted
  [[nodiscard]] std::string manifest(Shop shop) const;
  void save(const Shop& shop);  // renamed into place as <name>.yaml
  // True once `revision` is Complete and its application Healthy; false, with a failed expectation, when it ended
  // otherwise or takes longer.
  bool complete(int revision, Milliseconds limit = 40s, const std::string& name = "shop");
  // Waits for a rollout to end in some way; the phase it ended in.
  std::string ended(int revision, Milliseconds limit = 40s, const std::string& name = "shop");
  bool install(const Shop& shop);  // saves it and waits for revision 1
  // Polls until `done`; false, with a failed expectation naming `what`, when that takes longer.
  bool eventually(const std::string& what, Milliseconds limit, const std::function<bool()>& done);

  // --- looking at the world
  [[nodiscard]] std::string docker(std::vector<std::string> arguments);
  [[nodiscard]] std::vector<std::string> containers();           // names of all, sorted
  [[nodiscard]] std::vector<std::string> running_containers();   // "name id" of those that run, sorted
  [[nodiscard]] std::vector<std::string> haproxy_servers();      // "replica STATUS", sorted; no free slots
  [[nodiscard]] std::string sql(const std::string& statement);   // in the test's database
  [[nodiscard]] std::string get(const std::string& path = "/");  // through HAProxy; empty unless 200
  // Replicas of the sample at these revisions, sorted: "teal-shop-api-r2-0", …
  [[nodiscard]] static std::vector<std::string> replicas(int revision, int api, int workers);

  // --- load and jobs
  void start_load(LoadRates rates = {});
  LoadReport finish_load();                                       // prints the counts and expects that nothing failed
  LoadReport take_load();                                         // the same for those who expect failures
  void feed_jobs(int work_ms, const std::string& every_seconds);  // until finish_jobs
  void finish_jobs();                                             // every job that was taken is finished exactly once
  // One line a run of the migration: "version user finished".
  [[nodiscard]] std::vector<std::string> migrations();

 private:
  [[nodiscard]] static std::string program_for_all();
  // One of `deploy/servers env`, where teald may read it.
  [[nodiscard]] std::string secret_file(const std::string& name) const;
  void explain();
  void empty_haproxy();
  [[nodiscard]] std::string replica_of(const std::string& server);  // whose it is; empty: nobody's
  // Asks for everything that can be asked for, and searches it together with the store, the logs and what teal said.
  void search_for_secrets();

  std::unique_ptr<Planted> planted_;
  std::string said_;  // by the command line
  std::string folder_;
  std::string database_;
  std::unique_ptr<Teald> teald_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Process> feeder_;
};

[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace teal::test
