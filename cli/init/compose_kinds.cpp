#include "cli/init/compose_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "manifests/foundation/text.hpp"

namespace teal::cli {
namespace {

using yaml::Node;

enum class Takes : unsigned { Text = 1, List = 2, Mapping = 4, TextOrList = 3, ListOrMapping = 6, TextOrMapping = 5 };

struct KindOfKey {
  std::string_view key;
  Takes takes;
  Takes items = Takes::Text;  // of its list
};

// As the Compose Specification has them.
constexpr std::array kinds_of_service{
    KindOfKey{"build", Takes::TextOrMapping},
    KindOfKey{"cap_add", Takes::List},
    KindOfKey{"cap_drop", Takes::List},
    KindOfKey{"command", Takes::TextOrList},
    KindOfKey{"cpus", Takes::Text},
    KindOfKey{"depends_on", Takes::ListOrMapping},
    KindOfKey{"deploy", Takes::Mapping},
    KindOfKey{"entrypoint", Takes::TextOrList},
    KindOfKey{"env_file", Takes::TextOrList, Takes::TextOrMapping},
    KindOfKey{"environment", Takes::ListOrMapping},
    KindOfKey{"expose", Takes::List},
    KindOfKey{"healthcheck", Takes::Mapping},
    KindOfKey{"image", Takes::Text},
    KindOfKey{"mem_limit", Takes::Text},
    KindOfKey{"network_mode", Takes::Text},
    KindOfKey{"pids_limit", Takes::Text},
    KindOfKey{"ports", Takes::List, Takes::TextOrMapping},
    KindOfKey{"profiles", Takes::List},
    KindOfKey{"pull_policy", Takes::Text},
    KindOfKey{"read_only", Takes::Text},
    KindOfKey{"restart", Takes::Text},
    KindOfKey{"scale", Takes::Text},
    KindOfKey{"security_opt", Takes::List},
    KindOfKey{"stop_grace_period", Takes::Text},
    KindOfKey{"stop_signal", Takes::Text},
    KindOfKey{"user", Takes::Text},
    KindOfKey{"volumes", Takes::List, Takes::TextOrMapping},
};

unsigned bit_of(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::Scalar:
      return unsigned(Takes::Text);
    case Node::Kind::Sequence:
      return unsigned(Takes::List);
    case Node::Kind::Mapping:
      return unsigned(Takes::Mapping);
    case Node::Kind::Null:
      return ~0U;  // a key with nothing behind it is as good as none
  }
  return 0;
}

std::string_view words_for(Takes takes) {
  switch (takes) {
    case Takes::Text:
      return "a text or a number";
    case Takes::List:
      return "a list (- …)";
    case Takes::Mapping:
      return "a mapping (key: …)";
    case Takes::TextOrList:
      return "a text or a list";
    case Takes::ListOrMapping:
      return "a list or a mapping";
    case Takes::TextOrMapping:
      return "a text or a mapping";
  }
  return "something else";
}

bool is_of(const Node& node, Takes takes) { return (bit_of(node.kind) & unsigned(takes)) != 0; }

}  // namespace

Result<void> check_kinds(const ComposeFile& file, const yaml::Entry& service) {
  for (const auto& entry : service.value.entries) {
    const auto* kind = std::ranges::find(kinds_of_service, std::string_view{entry.key}, &KindOfKey::key);
    if (kind == kinds_of_service.end()) continue;
    const auto wrong = [&](yaml::Position position, std::string_view what, Takes wanted) {
      return Error{ErrorCode::invalid, fmt::format("{}: service {}: {}{}: expected {}", place_in(file, position),
                                                   printable(service.key), entry.key, what, words_for(wanted))};
    };
    if (!is_of(entry.value, kind->takes)) return wrong(entry.position, "", kind->takes);
    for (std::size_t i = 0; i < entry.value.items.size(); ++i) {
      const auto& item = entry.value.items[i];
      if (!is_of(item, kind->items)) return wrong(item.position, fmt::format("[{}]", i), kind->items);
    }
  }
  return {};
}

}  // namespace teal::cli
