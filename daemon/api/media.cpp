#include "daemon/api/media.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace teal::api {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view taken_up_to(std::string_view& rest, char sign) {
  const auto at = rest.find(sign);
  const auto part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return without_blanks(part);
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct MediaRange {
  std::string type;
  std::map<std::string, std::string, std::less<>> parameters;

  [[nodiscard]] std::string_view parameter(std::string_view name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string_view{} : std::string_view{found->second};
  }
  [[nodiscard]] bool is_refused() const {
    const auto weight = parameter("q");
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
  }
};

// In the order of the header: clients of Kubernetes write what they like best first, and no weights.
std::vector<MediaRange> ranges_of(std::string_view accept) {
  std::vector<MediaRange> ranges;
  while (!accept.empty()) {
    auto one = taken_up_to(accept, ',');
    MediaRange range;
    range.type = lower_case(taken_up_to(one, ';'));
    while (!one.empty()) {
      auto parameter = taken_up_to(one, ';');
      const auto name = lower_case(taken_up_to(parameter, '='));
      range.parameters[name] = std::string{without_blanks(parameter)};
    }
    if (!range.type.empty() && !range.is_refused()) ranges.push_back(std::move(range));
  }
  return ranges;
}

bool covers(std::string_view range, std::string_view type) {
  if (range == "*/*" || range == type) return true;
  return range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1));
}

// The version of a kind of another group, if it stands before plain JSON.
std::string wanted_form(std::string_view accept, std::string_view kind, std::string_view group,
                        const std::array<std::string_view, 2>& versions) {
  for (const auto& range : ranges_of(accept)) {
    const auto as = range.parameter("as");
    if (as.empty() && covers(range.type, "application/json")) return {};
    if (range.type != "application/json" || as != kind || range.parameter("g") != group) continue;
    const auto version = range.parameter("v");
    if (std::ranges::find(versions, version) != versions.end()) return std::string{version};
  }
  return {};
}

}  // namespace

bool takes_media(std::string_view accept, std::string_view type) {
  const auto wanted = type.substr(0, type.find(';'));
  const auto ranges = ranges_of(accept);
  return accept.empty() || std::ranges::any_of(ranges, [&](const MediaRange& one) { return covers(one.type, wanted); });
}

std::string wanted_table(std::string_view accept) {
  return wanted_form(accept, "Table", "meta.k8s.io", {"v1", "v1beta1"});
}

std::string wanted_discovery(std::string_view accept) {
  return wanted_form(accept, "APIGroupDiscoveryList", "apidiscovery.k8s.io", {"v2", "v2beta1"});
}

bool is_untyped_client(std::string_view accept) { return accept == "application/json, */*"; }

}  // namespace teal::api
