// Manifests as text for tests: the examples, and a small valid one to spoil in one place.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "manifests/parse/parse.hpp"

namespace teal::test {

inline std::string read_source(const std::string& path) {
  std::ifstream stream{std::string{TEAL_SOURCE_DIR} + "/" + path, std::ios::binary};
  EXPECT_TRUE(stream.good()) << path;
  return {std::istreambuf_iterator<char>{stream}, {}};
}

inline std::string read_example(const std::string& name) { return read_source("manifests/examples/" + name); }

// The first occurrence replaced; the test fails when there is none.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "not in the text: " << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// Every diagnostic without its file's name, one a line: "5:3: spec.image: …".
inline std::string errors_of(std::string_view text) {
  auto lines = to_string(yaml::parse_application(text, "a.yaml").diagnostics);
  for (auto at = lines.find("a.yaml:"); at != std::string::npos; at = lines.find("a.yaml:", at)) lines.erase(at, 7);
  return lines;
}

inline spec::Application parsed(std::string_view text) {
  auto result = yaml::parse_application(text, "a.yaml");
  EXPECT_TRUE(result.application.has_value()) << to_string(result.diagnostics);
  return result.application.value_or(spec::Application{});
}

}  // namespace teal::test
