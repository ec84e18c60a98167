#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "manifests/parse/fields.hpp"
#include "manifests/parse/source_text.hpp"
#include "manifests/text_rules.hpp"

namespace teal {

using yaml::Section;

namespace {

// As Docker and Kubernetes write them, "cap_net_admin" and "NET_ADMIN": one form, so that only another set is a change.
std::string canonical(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name.starts_with("CAP_") ? name.substr(4) : name;
}

void read_capabilities(const yaml::Field& field, std::vector<std::string>& out) {
  std::vector<std::string> written;
  if (!read(field, written)) return;
  for (std::size_t i = 0; i < written.size(); ++i) {
    auto name = canonical(written[i]);
    if (is_capability(name)) {
      out.push_back(std::move(name));
      continue;
    }
    const auto& item = field.node->items[i];
    const yaml::Field place{&item, yaml::item_path(field.path, i), item.position, field.report};
    place.error(fmt::format("{} is not a capability: expected ALL, or a name of capabilities(7) such as NET_BIND_SERVICE",
                            yaml::quoted(written[i])));
  }
  std::ranges::sort(out);
  const auto twice = std::ranges::unique(out);
  out.erase(twice.begin(), twice.end());
}

}  // namespace

bool read(const yaml::Field& field, Security& out) {
  Section section{field};
  yaml::read_as_written(section.get("user"), out.user);
  read(section.get("readOnlyRootFilesystem"), out.read_only_root_filesystem);
  read(section.get("noNewPrivileges"), out.no_new_privileges);
  const auto capabilities = section.get("capabilities");
  Section sets{capabilities};
  read_capabilities(sets.get("drop"), out.drop);
  read_capabilities(sets.get("add"), out.add);
  sets.finish();
  read(section.get("pids"), out.pids);
  section.finish();
  return section.is_mapping();
}

}  // namespace teal
