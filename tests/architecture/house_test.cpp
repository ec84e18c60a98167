// The house in figures, and what of it must hold: no circles between rooms, and the floors of the controllers as
// ARCHITECTURE.md tells them.
#include "tests/architecture/house.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <regex>

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string sentence(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void print(std::string_view of, const IncludeGraph& graph) {
  std::size_t edges = 0;
  for (const auto& [one, seen] : graph) edges += seen.size();
  const auto storeys = floors(graph);
  std::cout << of << ": " << graph.size() << ", edges " << edges << ", floors " << storeys.size() << "\n";
  for (std::size_t i = 0; i < storeys.size(); ++i) std::cout << "  " << i + 1 << ": " << sentence(storeys[i]) << "\n";
  const auto round = circles(graph);
  std::cout << "  circles " << round.size() << "\n";
  for (const auto& circle : round) std::cout << "    " << sentence(circle) << "\n";
}

// TEAL_HOUSE=<another tree> shows that one's.
TEST(House, ShowsItself) {
  const auto* other = std::getenv("TEAL_HOUSE");
  const std::filesystem::path root{other != nullptr ? other : TEAL_SOURCE_DIR};
  const auto tree = measure_tree(root);
  std::cout << "files " << tree.files << "\n";
  for (const auto& [name, part] : tree.parts) {
    std::cout << "  " << (name.empty() ? "(root)" : name) << ": files " << part.files << ", lines " << part.lines
              << "\n";
  }
  const auto files = source_files(root);
  print("folders", include_graph(files, folder_of));
  print("rooms", include_graph(files, room_of));
  for (const auto* room : {"manifests", "controllers", "daemon", "cli", "tests"})
    EXPECT_GT(tree.parts.at(room).files, 20);
}

TEST(House, HasNoCircleBetweenRooms) {
  const auto graph = include_graph(source_files(), room_of);
  EXPECT_GT(graph.size(), 25U) << "where are the rooms?";
  std::vector<std::string> found;
  for (const auto& circle : circles(graph)) found.push_back(sentence(circle));
  EXPECT_THAT(found, IsEmpty());
}

// A circle of folders stays within one room, which is read as one.
TEST(House, HasCirclesOfFoldersOnlyWithinARoom) {
  for (const auto& circle : circles(include_graph(source_files(), folder_of))) {
    std::set<std::string> rooms;
    for (const auto& folder : circle) rooms.insert(room_of(folder + "/x.hpp"));
    EXPECT_EQ(rooms.size(), 1U) << sentence(circle);
  }
}

struct Floor {
  std::set<std::string> stands_on;  // as it is written: those that it must include
  bool on_all = false;
};

// The table of ARCHITECTURE.md: | `world` | what it says | `masking` |
std::map<std::string, Floor> floors_as_told() {
  static const std::regex row{R"(^\| `(\w+)` \| .* \| ([^|]+) \|$)"};
  static const std::regex name{R"(`(\w+)`)"};
  std::ifstream file{TEAL_SOURCE_DIR "/ARCHITECTURE.md"};
  std::map<std::string, Floor> told;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| floor |")) inside = true;
    if (line.empty()) inside = false;
    std::smatch match;
    if (!inside || !std::regex_search(line, match, row)) continue;
    auto& floor = told[match[1]];
    const auto below = match[2].str();
    floor.on_all = below == "all";
    for (auto it = std::sregex_iterator{below.begin(), below.end(), name}; it != std::sregex_iterator{}; ++it) {
      floor.stands_on.insert((*it)[1]);
    }
  }
  return told;
}

// What a floor may include: what it stands on, what that stands on, and the switches of mutants, which are everywhere.
std::set<std::string> below(const std::map<std::string, Floor>& told, const std::string& floor) {
  std::set<std::string> found{"mutants"};
  for (const auto& one : told.at(floor).stands_on) {
    found.insert(one);
    found.merge(below(told, one));
  }
  return found;
}

TEST(House, FloorsOfTheControllersAreAsTold) {
  const auto told = floors_as_told();
  EXPECT_GT(told.size(), 10U) << "where is the table of ARCHITECTURE.md?";
  constexpr std::string_view controllers = "controllers/";
  std::set<std::string> found;
  for (const auto& [room, seen] : include_graph(source_files(), room_of)) {
    if (!room.starts_with(controllers)) continue;
    const auto floor = room.substr(controllers.size());
    found.insert(floor);
    ASSERT_TRUE(told.contains(floor)) << room << " is not in the table of ARCHITECTURE.md";
    for (const auto& one : told.at(floor).stands_on) {
      EXPECT_TRUE(seen.contains(std::string{controllers} + one)) << floor << " does not stand on " << one;
    }
    if (told.at(floor).on_all) continue;
    const auto allowed = below(told, floor);
    for (const auto& one : seen) {
      if (!one.starts_with(controllers)) continue;
      EXPECT_TRUE(allowed.contains(one.substr(controllers.size()))) << floor << " stands on " << one << ", not as told";
    }
  }
  EXPECT_EQ(found.size(), told.size()) << "the table has a floor that is not there";
}

TEST(House, CirclesAndFloorsAreFound) {
  const IncludeGraph straight{{"a", {}}, {"b", {"a"}}, {"c", {"a", "b"}}};
  EXPECT_THAT(circles(straight), IsEmpty());
  EXPECT_THAT(floors(straight), ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("c")));
  const IncludeGraph round{{"a", {}}, {"b", {"a", "d"}}, {"c", {"b"}}, {"d", {"c"}}, {"e", {"d"}}};
  EXPECT_THAT(circles(round), ElementsAre(ElementsAre("b", "c", "d")));
  EXPECT_THAT(floors(round), ElementsAre(ElementsAre("a"), ElementsAre("b", "c", "d"), ElementsAre("e")));
}

TEST(House, RoomsAreToldByPath) {
  EXPECT_EQ(room_of("manifests/parse/reader.hpp"), "manifests");
  EXPECT_EQ(room_of("manifests/foundation/time.hpp"), "manifests/foundation");
  EXPECT_EQ(room_of("controllers/rollout/steps/x.cpp"), "controllers/rollout");
  EXPECT_EQ(room_of("daemon/app.cpp"), "daemon");
  EXPECT_EQ(room_of("daemon/drivers/drivers.hpp"), "daemon/drivers");
  EXPECT_EQ(room_of("daemon/drivers/stores/sqlite/x.cpp"), "daemon/drivers/stores/sqlite");
  EXPECT_EQ(room_of("daemon/drivers/stores/log_limits.hpp"), "daemon/drivers/stores");
  EXPECT_EQ(room_of("daemon/drivers/registries/aws/x.cpp"), "daemon/drivers/registries");
  EXPECT_EQ(room_of("tests/x.cpp"), "");
  const std::vector<SourceFile> files{
      {"cli/verbs/a.cpp", {"#include <string>", "#include \"cli/b.hpp\"", "#include \"tests/c.hpp\""}}};
  EXPECT_EQ(include_graph(files, folder_of), (IncludeGraph{{"cli", {}}, {"cli/verbs", {"cli"}}}));
}

}  // namespace
}  // namespace teal::test
