// One namespace per room: whoever reads `records::Event` knows which folder to open.
#include <gtest/gtest.h>

#include <regex>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

struct Room {
  std::string_view folder;
  std::string_view space;
};

// The first folder that a file is in counts. What everything stands on is in `teal` itself, so that nobody has to say
// foundation::Result.
constexpr auto rooms = std::to_array<Room>({
    {"manifests/foundation/", "teal"},
    {"manifests/api/", "teal::objects"},
    {"manifests/masking/", "teal::masking"},
    {"manifests/spec/", "teal::spec"},
    {"manifests/wire/", "teal::wire"},
    {"manifests/parse/", "teal::yaml"},
    {"manifests/validate/", "teal::rules"},
    {"controllers/mutants/", "teal::mutants"},
    {"controllers/world/", "teal::world"},
    {"controllers/records/", "teal::records"},
    {"controllers/ports/", "teal::ports"},
    {"controllers/environment/", "teal::environment"},
    {"controllers/rollout/", "teal::rollout"},
    {"controllers/admission/", "teal::admission"},
    {"controllers/status/", "teal::status"},
    {"controllers/plan/model/", "teal::model"},
    {"controllers/plan/", "teal::plan"},
    {"controllers/requests/", "teal::requests"},
    {"controllers/reconcile/", "teal::reconcile"},
    {"daemon/runtime/", "teal::runtime"},
    {"daemon/http/", "teal::http"},
    {"daemon/access/", "teal::access"},
    {"daemon/api/", "teal::api"},
    {"daemon/config/", "teal::config"},
    {"daemon/drivers/analysis/", "teal::analysis"},
    {"daemon/drivers/databases/postgres/", "teal::postgres"},
    {"daemon/drivers/engines/docker/", "teal::docker"},
    {"daemon/drivers/load_balancers/haproxy/", "teal::haproxy"},
    {"daemon/drivers/notifications/webhook/", "teal::webhook"},
    {"daemon/drivers/notifications/", "teal::notifications"},
    {"daemon/drivers/registries/aws/", "teal::aws"},
    {"daemon/drivers/registries/cosign/", "teal::cosign"},
    {"daemon/drivers/registries/docker_config/", "teal::docker_config"},
    {"daemon/drivers/registries/ecr/", "teal::ecr"},
    {"daemon/drivers/registries/", "teal::registries"},
    {"daemon/drivers/secrets/", "teal::secrets"},
    {"daemon/drivers/stores/sqlite/", "teal::sqlite"},
    {"daemon/drivers/stores/postgres/", "teal::postgres_store"},
    {"daemon/drivers/stores/", "teal::stores"},
    {"daemon/drivers/tracing/otlp/", "teal::otlp"},
    {"daemon/drivers/tracing/", "teal::tracing"},
    {"daemon/drivers/", "teal::drivers"},
    {"daemon/", "teal::daemon"},
    {"cli/", "teal::cli"},
});

std::string_view space_of(std::string_view path) {
  for (const auto& room : rooms) {
    if (path.starts_with(room.folder)) return room.space;
  }
  return {};
}

// Where another room's names may be opened: a declaration of what is defined there, what registers a driver, and what
// the build makes out of files.
bool may_open(const SourceFile& file, std::size_t line, std::string_view space) {
  if (space == "teal::drivers" && file.path.ends_with("/driver.cpp")) return true;
  if (space == "teal::embedded") return true;
  for (auto next = line + 1; next < file.lines.size(); ++next) {
    const std::string_view text = file.lines[next];
    if (text.starts_with("}")) return true;
    const bool declares = (text.starts_with("class ") || text.starts_with("struct ")) && text.ends_with(";") &&
                          text.find('{') == text.npos;
    if (!text.empty() && !declares) return false;
  }
  return false;
}

std::vector<std::string> strays(const std::vector<SourceFile>& files) {
  static const std::regex opens{R"(^(?:inline )?namespace ([\w:]+) \{)"};
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto space = space_of(file.path);
    if (space.empty()) continue;
    for (std::size_t line = 0; line < file.lines.size(); ++line) {
      std::smatch match;
      if (!std::regex_search(file.lines[line], match, opens) || match[1].str() == space) continue;
      if (may_open(file, line, match[1].str())) continue;
      found.push_back(file.path + ":" + std::to_string(line + 1) + ": namespace " + match[1].str() +
                      " in the room of " + std::string{space});
    }
  }
  return found;
}

TEST(Namespaces, OneForEachRoom) {
  const auto found = strays(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(Namespaces, EachRoomHasFiles) {
  const auto files = source_files();
  for (const auto& room : rooms) {
    EXPECT_TRUE(std::ranges::any_of(files, [&](const SourceFile& file) { return file.path.starts_with(room.folder); }))
        << room.folder;
  }
}

TEST(Namespaces, AreMissedWhereAnotherIsOpened) {
  const auto found = [](std::string path, std::vector<std::string> lines) {
    return strays({SourceFile{std::move(path), std::move(lines)}}).size();
  };
  EXPECT_EQ(found("controllers/rollout/a.cpp", {"namespace teal {", "struct Verdict {};", "}"}), 1U);
  EXPECT_EQ(found("controllers/rollout/a.cpp", {"namespace teal::records {", "int f();", "}"}), 1U);
  EXPECT_EQ(found("controllers/rollout/a.hpp", {"namespace teal::records {", "class Event;", "}"}), 0U);
  EXPECT_EQ(found("controllers/rollout/steps/a.cpp", {"namespace teal::rollout {", "namespace {", "int f();"}), 0U);
  EXPECT_EQ(found("daemon/drivers/engines/docker/driver.cpp", {"namespace teal::drivers {", "void f() {"}), 0U);
  EXPECT_EQ(found("daemon/drivers/engines/docker/docker.cpp", {"namespace teal::drivers {", "void f() {"}), 1U);
}

}  // namespace
}  // namespace teal::test
