#include "daemon/api/change_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::api {
namespace {

std::string_view word(status::Change::Type type) {
  switch (type) {
    case status::Change::Type::Added:
      return "ADDED";
    case status::Change::Type::Modified:
      return "MODIFIED";
    case status::Change::Type::Deleted:
      return "DELETED";
  }
  return {};
}

}  // namespace

const std::string& ChangeLines::of(const status::Change& change) {
  const auto known = std::ranges::find_if(
      newest_, [&](const Line& line) { return line.view == change.view && line.type == change.type; });
  if (known != newest_.end()) return known->text;
  constexpr std::size_t most = 64;
  if (newest_.size() >= most) newest_.pop_back();
  newest_.push_front(
      {change.type, change.view,
       fmt::format(R"({{"type":"{}","object":{}}})", word(change.type), *objects_.object(change.view)) + "\n"});
  return newest_.front().text;
}

}  // namespace teal::api
