// What is wired together knows drivers by what they register, and none by name.
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

// "docker" of daemon/drivers/engines/docker/api.cpp.
std::set<std::string> names_of_drivers(const std::vector<SourceFile>& files) {
  std::set<std::string> names;
  for (const auto& file : files) {
    std::vector<std::string> folders;
    for (std::size_t begin = 0, end = 0; (end = file.path.find('/', begin)) != std::string::npos; begin = end + 1) {
      folders.push_back(file.path.substr(begin, end - begin));
    }
    if (folders.size() > 3 && folders[0] == "daemon" && folders[1] == "drivers" && folders[2] != "registries") {
      names.insert(folders[3]);
    }
  }
  return names;
}

bool wires_them(const std::string& path) {
  const bool is_of_daemon_itself = path.starts_with("daemon/") && std::ranges::count(path, '/') == 1;
  return is_of_daemon_itself || path.starts_with("daemon/config/");
}

std::vector<std::string> named(const std::vector<SourceFile>& files, const std::set<std::string>& names) {
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (!wires_them(file.path)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::string line = file.lines[i];
      std::ranges::transform(line, line.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      for (const auto& name : names) {
        if (line.find(name) == std::string::npos) continue;
        found.push_back(file.path + ":" + std::to_string(i + 1) + ": names the driver " + name);
      }
    }
  }
  return found;
}

TEST(DriverNames, StandInDriversAlone) {
  const auto files = source_files();
  const auto names = names_of_drivers(files);
  for (const auto* one : {"docker", "haproxy", "sqlite", "postgres", "prometheus", "otlp", "webhook"}) {
    EXPECT_TRUE(names.contains(one)) << one;
  }
  EXPECT_TRUE(named(files, names).empty()) << joined(named(files, names));
}

TEST(DriverNames, AreSeenWhereTheyDoNotBelong) {
  const std::set<std::string> names{"docker"};
  EXPECT_EQ(named({{"daemon/app.cpp", {"", "auto engine = make_Docker_engine();"}}}, names).size(), 1U);
  EXPECT_EQ(named({{"daemon/config/read_config.cpp", {"section.get(\"docker\")"}}}, names).size(), 1U);
  EXPECT_EQ(named({{"daemon/drivers/engines/docker/api.cpp", {"docker"}}}, names).size(), 0U);
}

}  // namespace
}  // namespace teal::test
