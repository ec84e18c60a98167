// What the stage asks teald, and the load and the jobs beside it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

bool is_over(const std::string& phase) {
  return phase == "Complete" || phase == "Failed" || phase == "RolledBack" || phase == "Superseded";
}

}  // namespace

void Stage::replace_teald(TealdSettings settings) {
  EXPECT_EQ(teald_->stop(), 0);
  teald_ = std::make_unique<Teald>(std::move(settings));
  teald_->start();
}

boost::json::value Stage::application(const std::string& name) {
  return teald().rest().get("/apis/teal/v1/applications/" + name);
}

boost::json::value Stage::rollout(int revision, const std::string& name) {
  return teald().rest().get(fmt::format("/apis/teal/v1/rollouts/{}-{}", name, revision));
}

std::string Stage::phase(int revision, const std::string& name) {
  return text_at(rollout(revision, name), "/status/phase");
}

boost::json::array Stage::events(const std::string& application) {
  const auto query = application.empty() ? std::string{} : "&application=" + application;
  return array_at(teald().rest().get("/apis/teal/v1/events?limit=500" + query), "/items");
}

std::vector<std::string> Stage::told(const std::string& reason, const std::string& application) {
  std::vector<std::string> messages;
  for (const auto& one : events(application)) {
    if (text_at(one, "/reason") == reason) messages.push_back(text_at(one, "/message"));
  }
  return messages;
}

std::string Stage::condition(const std::string& type, const std::string& field, const std::string& name) {
  const auto found = application(name);
  for (const auto& one : array_at(found, "/status/conditions")) {
    if (text_at(one, "/type") == type) return text_at(one, "/" + field);
  }
  return "";
}

Output Stage::teal(std::vector<std::string> arguments, Milliseconds limit) {
  arguments.insert(arguments.begin(), {TEAL_BIN_DIR "/teal", "--server", teald().url()});
  auto output = run_to_end(arguments, folder_, limit);
  said_ += output.text;
  return output;
}

void Stage::search_for_secrets() {
  auto found = planted_->found_in("teal", said_);
  const auto add = [&](const std::vector<std::string>& more) { found.insert(found.end(), more.begin(), more.end()); };
  add(planted_->found_below(folder_));  // while the store's log (-wal) is still there
  const auto answers = [&] { return teald_->running() && teald_->rest().request("GET", "/healthz").has_value(); };
  if (answers()) {
    std::vector<std::string> targets{"/",
                                     "/metrics",
                                     "/readyz",
                                     "/version",
                                     "/openapi/v3",
                                     "/apis/teal/v1/applications",
                                     "/apis/teal/v1/rollouts",
                                     "/apis/teal/v1/events?limit=500"};
    std::vector<std::vector<std::string>> commands{
        {"get", "applications", "-o", "yaml"}, {"get", "rollouts", "-o", "wide"}, {"get", "events", "-o", "json"}};
    for (const auto& one : array_at(teald_->rest().get("/apis/teal/v1/applications"), "/items")) {
      const auto name = text_at(one, "/metadata/name");
      targets.push_back("/apis/teal/v1/applications/" + name);
      commands.insert(commands.end(), {{"status", name},
                                       {"status", name, "-o", "yaml"},
                                       {"history", name, "-o", "wide"},
                                       {"plan", name},
                                       {"logs", name},
                                       {"logs", name, "--migration"}});
      for (const auto& component : array_at(one, "/spec/components")) {
        commands.push_back({"logs", name, "--component", text_at(component, "/name")});
      }
    }
    for (const auto& one : array_at(teald_->rest().get("/apis/teal/v1/rollouts"), "/items")) {
      const auto name = text_at(one, "/metadata/name");
      targets.push_back("/apis/teal/v1/rollouts/" + name);
      targets.push_back("/apis/teal/v1/rollouts/" + name + "/logs?job=default");
    }
    for (const auto& target : targets) {
      if (const auto answer = teald_->rest().request("GET", target))
        add(planted_->found_in("GET " + target, answer->text));
    }
    for (const auto& command : commands) {
      add(planted_->found_in(fmt::format("teal {}", fmt::join(command, " ")), teal(command).text));
    }
  }
  EXPECT_TRUE(found.empty()) << "C2: secrets are told:\n  " << fmt::format("{}", fmt::join(found, "\n  "));
}

void Stage::save(const Shop& shop) { teald().save(shop.name + ".yaml", manifest(shop)); }

std::string Stage::ended(int revision, Milliseconds limit, const std::string& name) {
  std::string last;
  eventually(fmt::format("rollout {}-{} ends", name, revision), limit, [&] {
    last = phase(revision, name);
    return is_over(last);
  });
  return last;
}

bool Stage::complete(int revision, Milliseconds limit, const std::string& name) {
  const auto last = ended(revision, limit, name);
  EXPECT_EQ(last, "Complete") << text_at(rollout(revision, name), "/status/message");
  if (last != "Complete") return false;
  return eventually(name + " is Healthy", 10s, [&] {
    const auto found = application(name);
    return text_at(found, "/status/phase") == "Healthy" && number_at(found, "/status/activeRevision") == revision;
  });
}

bool Stage::install(const Shop& shop) {
  save(shop);
  return complete(1, 40s, shop.name);
}

void Stage::start_load(LoadRates rates) { load_ = std::make_unique<Load>(traffic_url(), folder_, rates); }

LoadReport Stage::take_load() {
  auto report = load_->finish();
  load_.reset();
  EXPECT_GT(report.sent, 0u);
  return report;
}

LoadReport Stage::finish_load() {
  auto report = take_load();
  std::cout << fmt::format("  {} requests, {} failed ({})\n", report.sent, report.failed, report.kinds);
  EXPECT_EQ(report.failed, 0u) << report.errors;
  return report;
}

void Stage::feed_jobs(int work_ms, const std::string& every_seconds) {
  const auto script = folder_ + "/feed.sql";
  std::ofstream{script} << fmt::format("INSERT INTO jobs (work_ms) VALUES ({}) \\watch {}\n", work_ms, every_seconds);
  auto password = read_text(servers().value("PG_SUPERUSER_PASSWORD_FILE"));
  while (password.ends_with('\n')) password.pop_back();
  feeder_ = std::make_unique<Process>(
      Program{{"psql", "-X", "-q", "-h", servers().value("PG_SOCKET_DIR"), "-p", servers().value("PG_PORT"), "-U",
               servers().value("PG_SUPERUSER"), "-d", database_, "-f", script},
              {{"PGPASSWORD", password}},
              "",
              "",
              folder_ + "/feed.log"});
}

void Stage::finish_jobs() {
  if (feeder_) EXPECT_TRUE(feeder_->running()) << "nobody fed jobs: " << read_text(folder_ + "/feed.log");
  feeder_.reset();
  eventually("every job is finished", 60s,
             [this] { return sql("SELECT count(*) FROM jobs WHERE finishes = 0") == "0"; });
  EXPECT_EQ(sql("SELECT count(*) FROM jobs WHERE finishes <> 1"), "0") << "jobs lost, or finished more than once";
  const auto count = sql("SELECT count(*) FROM jobs");
  EXPECT_NE(count, "0");
  std::cout << fmt::format("  {} jobs, each finished exactly once, by {} workers\n", count,
                           sql("SELECT count(DISTINCT finished_by) FROM jobs"));
}

std::vector<std::string> Stage::migrations() {
  return lines_of(
      sql("SELECT format('%s %s %s', version, migrated_by, CASE WHEN finished_at IS NULL THEN 'unfinished' "
          "ELSE 'finished' END) FROM migration_runs ORDER BY id"));
}

}  // namespace teal::test
