#include "cli/init/teald_config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "daemon/runtime/embedded.hpp"
#include "manifests/parse/tree.hpp"

namespace teal::cli {
namespace {

const yaml::Node* member_of(const yaml::Node& node, std::string_view key) {
  const auto found = std::ranges::find(node.entries, key, &yaml::Entry::key);
  return found == node.entries.end() ? nullptr : &found->value;
}

}  // namespace

std::optional<bool> TealdConfig::manages(const std::string& load_balancer) const {
  const auto found = std::ranges::find(load_balancers, load_balancer, &LoadBalancer::name);
  return found == load_balancers.end() ? std::nullopt : std::optional{found->managed};
}

TealdConfig look_at_teald_config(const std::string& path) {
  TealdConfig config;
  std::error_code failed;
  // One in a folder that is closed to us is there.
  config.is_there = std::filesystem::exists(path, failed) || failed;
  std::ifstream in{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  yaml::Report report{path};
  const auto root = yaml::load_tree(text, report);
  const auto* balancers = root ? member_of(*root, "loadBalancers") : nullptr;
  if (balancers == nullptr) return config;
  for (const auto& item : balancers->items) {
    const auto* name = member_of(item, "name");
    const auto* haproxy = member_of(item, "haproxy");
    if (name == nullptr || haproxy == nullptr) continue;
    config.load_balancers.push_back({name->text, member_of(*haproxy, "managed") != nullptr});
  }
  return config;
}

std::string first_teald_config() {
  const auto [files, count] = embedded::first_teald_config();
  return count == 0 ? std::string{} : std::string{files[0].second};
}

}  // namespace teal::cli
