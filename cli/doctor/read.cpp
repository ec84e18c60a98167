// The part of gathering that reads texts.
#include <algorithm>

#include "cli/doctor/gather.hpp"
#include "cli/fields.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/parse/tree.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::cli {
namespace {

const yaml::Node* key_of(const yaml::Node* node, std::string_view key) {
  if (node == nullptr) return nullptr;
  const auto found = std::ranges::find(node->entries, key, &yaml::Entry::key);
  return found == node->entries.end() ? nullptr : &found->value;
}

std::string word_of(const yaml::Node* node) {
  return node != nullptr && node->kind == yaml::Node::Kind::Scalar ? node->text : std::string{};
}

std::string socket_of(const std::string& url) {
  const auto endpoint = http::parse_endpoint(url);
  return endpoint && endpoint->unix_socket ? endpoint->path : std::string{};
}

void note_host(std::vector<std::string>& hosts, std::string host) {
  host.resize(std::min(host.find(':'), host.size()));
  const bool has_letter = std::ranges::any_of(host, [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
  if (!has_letter || !spec::is_host(host) || std::ranges::find(hosts, host) != hosts.end()) return;
  hosts.push_back(std::move(host));
}

}  // namespace

void read_doctor_config(std::string_view text, Facts& facts) {
  yaml::Report report{facts.config_path};
  const auto root = yaml::load_tree(text, report);
  if (!root || !report.empty()) {
    const auto diagnostics = report.take_for_everybody("DaemonConfig");
    facts.config_trouble =
        diagnostics.empty() ? facts.config_path + ": cannot be read" : to_string(diagnostics.front());
    return;
  }
  auto& config = facts.config;
  if (const auto folder = word_of(key_of(&*root, "manifests")); !folder.empty()) config.manifests = folder;
  if (const auto* engines = key_of(&*root, "engines")) {
    for (const auto& item : engines->items) {
      const auto* docker = key_of(&item, "docker");
      if (docker == nullptr) continue;
      const auto host = word_of(key_of(docker, "host"));
      config.engines.push_back(
          {word_of(key_of(&item, "name")), socket_of(host.empty() ? "unix:///var/run/docker.sock" : host), "docker"});
    }
  }
  if (const auto* balancers = key_of(&*root, "loadBalancers")) {
    for (const auto& item : balancers->items) {
      const auto* haproxy = key_of(&item, "haproxy");
      if (const auto* managed = key_of(haproxy, "managed")) {
        const auto folder = word_of(key_of(managed, "directory"));
        DoctorConfig::Place place{word_of(key_of(&item, "name")),
                                  (folder.empty() ? "/var/lib/teal/edge" : folder) + "/admin.sock", "teal-edge"};
        if (const auto* listen = key_of(managed, "listen")) {
          for (const auto& address : listen->items) place.listen.push_back(word_of(&address));
        }
        place.certificates = word_of(key_of(managed, "certificates"));
        config.load_balancers.push_back(std::move(place));
      } else {
        config.load_balancers.push_back(
            {word_of(key_of(&item, "name")), socket_of(word_of(key_of(haproxy, "socket"))), "haproxy"});
      }
    }
  }
  const auto* tls = key_of(key_of(&*root, "api"), "tls");
  config.certificate = word_of(key_of(tls, "certificate"));
  config.key = word_of(key_of(tls, "key"));
}

UnitProperties unit_properties(std::string_view text) {
  UnitProperties properties;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto equals = std::min(line.find('='), line.size());
    const auto key = line.substr(0, equals);
    const std::string value{line.substr(std::min(equals + 1, line.size()))};
    if (key == "LoadState") properties.unit.installed = value == "loaded";
    if (key == "ActiveState") properties.unit.state = value;
    if (key == "UnitFileState") properties.unit.enabled = value.starts_with("enabled") || value == "static";
    if (key == "User") properties.user = value;
    if (key == "SupplementaryGroups") properties.groups = value;
  }
  return properties;
}

std::vector<std::string> hosts_of(const boost::json::value& spec) {
  std::vector<std::string> hosts;
  for (const auto& component : items_at(spec, "/components")) {
    for (const auto& route : items_at(component, "/loadBalancer/routes")) note_host(hosts, text_at(route, "/host"));
    const auto* headers = find(component, "/health/headers");
    if (headers == nullptr || !headers->is_object()) continue;
    for (const auto& [name, value] : headers->get_object()) {
      const bool is_host = name.size() == 4 && (name[0] | 0x20) == 'h' && std::string_view{name}.substr(1) == "ost";
      if (is_host && value.is_string()) note_host(hosts, std::string{value.get_string()});
    }
  }
  return hosts;
}

}  // namespace teal::cli
