// JSON that leaves teald goes through manifests/wire/json_text, which sees to it that everybody can read it back.
#include <gtest/gtest.h>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

std::vector<std::string> bypasses(const std::vector<SourceFile>& files) {
  const std::vector<std::string> rooms{"daemon/api/", "daemon/drivers/stores/", "daemon/drivers/notifications/",
                                       "daemon/drivers/tracing/"};
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (std::ranges::none_of(rooms, [&](const auto& room) { return file.path.starts_with(room); })) continue;
    if (file.path == "daemon/api/body.cpp") continue;  // a document that is parsed again, and goes nowhere
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (file.lines[i].find("json::serialize(") == std::string::npos) continue;
      found.push_back(file.path + ":" + std::to_string(i + 1) + ": use json_text");
    }
  }
  return found;
}

TEST(JsonText, IsTheOnlyWayOut) { EXPECT_TRUE(bypasses(source_files()).empty()) << joined(bypasses(source_files())); }

TEST(JsonText, ABypassIsSeen) {
  EXPECT_EQ(bypasses({{"daemon/api/a.cpp", {"", "x = boost::json::serialize(y);"}}}).size(), 1u);
  EXPECT_EQ(bypasses({{"daemon/drivers/engines/docker/a.cpp", {"x = json::serialize(y);"}}}).size(), 0u);
}

}  // namespace
}  // namespace teal::test
