// A driver's part of teald.yaml, read by the driver alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "manifests/parse/reader.hpp"

namespace teal::test {

// What `read` makes of it; `errors` is what it says against it, one a line.
template <class Read>
auto read_settings(std::string_view text, Read read, std::string* errors = nullptr) {
  yaml::Report report{"c"};
  const auto tree = yaml::load_tree(text, report);
  const yaml::Field field{tree ? &*tree : nullptr, "", {}, &report};
  auto settings = read(field);
  const auto found = to_string(report.take());
  if (errors != nullptr) *errors = found;
  return settings;
}

}  // namespace teal::test
