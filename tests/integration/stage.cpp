#include "tests/integration/stage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

namespace teal::test {
namespace {

namespace fs = std::filesystem;

constexpr auto database_secrets = {"PG_APP_USER_FILE", "PG_APP_PASSWORD_FILE", "PG_MIGRATION_USER_FILE",
                                   "PG_MIGRATION_PASSWORD_FILE"};

std::unique_ptr<Servers>& servers_slot() {
  static std::unique_ptr<Servers> servers;
  return servers;
}

class Environment final : public ::testing::Environment {
 public:
  void SetUp() override {
    ::setenv("LC_ALL", "C.UTF-8", 1);  // what people see, whoever runs the tests
    servers_slot() = std::make_unique<Servers>();
  }
  void TearDown() override { servers_slot().reset(); }
};

[[maybe_unused]] const auto* const environment = ::testing::AddGlobalTestEnvironment(new Environment);

}  // namespace

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

void Stage::build_images(const std::vector<std::string>& versions, const std::string& baked) {
  std::vector<std::string> command{TEAL_SOURCE_DIR "/tests/sample_app/build-image", "--bin", TEAL_BIN_DIR};
  if (!baked.empty()) command.insert(command.end(), {"--env", baked});
  command.insert(command.end(), {servers().value("DOCKER_SOCKET"), "sample"});
  command.insert(command.end(), versions.begin(), versions.end());
  run_program(command);
}

Servers& Stage::servers() { return *servers_slot(); }

std::string Stage::secret_file(const std::string& name) const {
  const auto path = servers().value(name);
  return user() == 0 ? path : planted_->folder() + "/" + fs::path{path}.filename().string();
}

// A copy, since a checkout below somebody's home cannot be entered by others.
std::string Stage::program_for_all() {
  const auto path = servers().folder() + "/teald";
  if (!fs::exists(path)) fs::copy_file(TEAL_BIN_DIR "/teald", path);
  return path;
}

TealdSettings Stage::settings(const std::string& folder) const {
  return {folder,
          servers().value("DOCKER_SOCKET"),
          servers().value("HAPROXY_ADMIN_SOCKET"),
          servers().value("HAPROXY_URL"),
          "",
          "",
          0,
          user(),
          user() == 0 ? "" : program_for_all(),
          ""};
}

void Stage::SetUp() {
  static int number = 0;
  folder_ = fmt::format("{}/t{}", servers().folder(), ++number);
  database_ = fmt::format("t{}", number);
  fs::create_directories(folder_);
  if (number == 1) build_images({"1", "2", "3"});
  planted_ = std::make_unique<Planted>(fmt::format("{}/planted{}", servers().folder(), number));
  for (const auto* password : {"PG_APP_PASSWORD_FILE", "PG_MIGRATION_PASSWORD_FILE", "PG_SUPERUSER_PASSWORD_FILE"}) {
    planted_->add(lines_of(read_text(servers().value(password))).at(0));
  }
  if (user() != 0) {
    for (const auto* name : database_secrets) fs::copy_file(servers().value(name), secret_file(name));
    give_all(planted_->folder(), user());
  }
  servers().run("create-database", {database_});
  auto first = settings(folder_ + "/teald");
  first.more = more_config();
  teald_ = std::make_unique<Teald>(std::move(first));
  teald_->start();
}

void Stage::TearDown() {
  if (HasFailure()) explain();
  load_.reset();
  feeder_.reset();
  if (teald_ && planted_) search_for_secrets();
  if (teald_ && teald_->running()) {
    EXPECT_EQ(teald_->stop(), 0) << "exit status of teald after SIGTERM\n" << teald_->log_tail(20);
  }
  teald_.reset();
  if (planted_) EXPECT_TRUE(planted_->found_below(folder_).empty()) << "C2, once teald has ended: " << folder_;
  const auto left = lines_of(docker({"ps", "-aq"}));
  if (!left.empty()) {
    std::vector<std::string> command{"rm", "-f"};
    command.insert(command.end(), left.begin(), left.end());
    static_cast<void>(docker(command));
  }
  empty_haproxy();
}

// Nobody is there to look after what a test has left, and no server of this release can be deleted without risk: a
// HAProxy that begins anew has none.
void Stage::empty_haproxy() {
  if (!haproxy_servers().empty()) servers().run("restart-haproxy");
  EXPECT_EQ(haproxy_servers(), std::vector<std::string>{});
}

void Stage::explain() {
  std::cout << "---- the application\n" << boost::json::serialize(application()) << "\n---- rollouts\n";
  for (const auto& one : array_at(teald().rest().get("/apis/teal/v1/rollouts"), "/items")) {
    std::cout << text_at(one, "/metadata/name") << ' ' << text_at(one, "/status") << '\n';
  }
  std::cout << "---- events\n";
  for (const auto& one : events("")) {
    std::cout << fmt::format("{} {} {}: {}\n", text_at(one, "/time"), text_at(one, "/application"),
                             text_at(one, "/reason"), text_at(one, "/message"));
  }
  std::cout << "---- containers\n" << docker({"ps", "-a"}) << "---- servers\n";
  for (const auto& line : haproxy_servers()) std::cout << line << '\n';
  std::cout << "---- the end of teald's log\n" << teald().log_tail(40) << std::endl;
}

bool Stage::eventually(const std::string& what, Milliseconds limit, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (done()) return true;
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(10ms);
  }
  ADD_FAILURE() << "not within " << limit.count() << " ms: " << what;
  return false;
}

std::string Stage::docker(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"docker", "-H", servers().value("DOCKER_HOST")});
  return run_program(arguments);
}

std::vector<std::string> Stage::containers() {
  auto lines = lines_of(docker({"ps", "-a", "--format", "{{.Names}}"}));
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> Stage::running_containers() {
  auto lines = lines_of(docker({"ps", "--no-trunc", "--format", "{{.Names}} {{.ID}}"}));
  std::ranges::sort(lines);
  return lines;
}

std::string Stage::replica_of(const std::string& server) {
  std::string variable = "proc.teal.sample_5fapi.";
  for (const char c : server) variable += c == '-' ? "_2d" : std::string(1, c);
  const auto answer = servers().run("haproxy", {"get var " + variable});
  const auto from = answer.find('<');
  return from == std::string::npos ? server : answer.substr(from + 1, answer.find('/', from) - from - 1);
}

std::vector<std::string> Stage::haproxy_servers() {
  std::vector<std::string> found;
  for (const auto& line : lines_of(servers().run("haproxy", {"show stat sample_api 4 -1"}))) {
    std::vector<std::string> fields;
    std::istringstream stream{line};
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    if (!line.starts_with("sample_api,") || fields.size() <= 17) continue;
    const auto replica = replica_of(fields[1]);
    if (!replica.empty() || fields[17] != "MAINT") found.push_back(replica + " " + fields[17]);
  }
  std::ranges::sort(found);
  return found;
}

std::string Stage::sql(const std::string& statement) {
  auto text = servers().run("psql", {"-d", database_, "-Atc", statement});
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string Stage::get(const std::string& path) {
  Rest rest{traffic_url()};
  const auto answer = rest.request("GET", path);
  return answer && answer->status == 200 ? answer->text : "";
}

std::vector<std::string> Stage::replicas(int revision, int api, int workers) {
  std::vector<std::string> names;
  for (int i = 0; i < api; ++i) names.push_back(fmt::format("teal-shop-api-r{}-{}", revision, i));
  for (int i = 0; i < workers; ++i) names.push_back(fmt::format("teal-shop-worker-r{}-{}", revision, i));
  return names;
}

}  // namespace teal::test
