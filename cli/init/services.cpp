#include "cli/init/services.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::cli {
namespace {

using Words = std::string_view;

// By the last word of an image's repository.
constexpr auto keepers = std::to_array<Words>({"postgres",
                                               "postgresql",
                                               "postgis",
                                               "timescaledb",
                                               "timescaledb-ha",
                                               "pgvector",
                                               "mysql",
                                               "mariadb",
                                               "percona",
                                               "redis",
                                               "redis-stack",
                                               "valkey",
                                               "keydb",
                                               "dragonfly",
                                               "mongo",
                                               "mongodb",
                                               "rabbitmq",
                                               "kafka",
                                               "cp-kafka",
                                               "zookeeper",
                                               "cp-zookeeper",
                                               "redpanda",
                                               "nats",
                                               "activemq",
                                               "minio",
                                               "etcd",
                                               "elasticsearch",
                                               "opensearch",
                                               "memcached",
                                               "cassandra",
                                               "scylla",
                                               "clickhouse",
                                               "influxdb",
                                               "couchdb",
                                               "neo4j",
                                               "meilisearch",
                                               "typesense",
                                               "qdrant",
                                               "weaviate",
                                               "milvus",
                                               "cockroach",
                                               "vault",
                                               "consul",
                                               "mssql",
                                               "server-mysql",
                                               "sqlserver",
                                               "arangodb",
                                               "rethinkdb",
                                               "pgbouncer",
                                               "supabase",
                                               "clickhouse-server",
                                               "mongodb-community-server",
                                               "azure-sql-edge",
                                               "solr"});

constexpr auto proxies =
    std::to_array<Words>({"traefik", "haproxy", "envoy", "nginx-proxy", "nginx-proxy-manager", "swag", "kong"});

Words last_word(Words repository) { return repository.substr(repository.rfind('/') + 1); }

template <std::size_t N>
bool is_among(const std::array<Words, N>& words, Words word) {
  return std::ranges::find(words, word) != words.end();
}

std::string repository_of(const Service& service) { return image_words(service.image).repository; }

struct Group {
  std::string repository;
  std::vector<Service> services;
};

void leave(std::vector<Remark>& left, const Service& service, std::string text) {
  left.push_back({service.where, std::move(text)});
  left.insert(left.end(), service.remarks.begin(), service.remarks.end());
}

std::vector<Group> grouped(std::vector<Service> services, std::vector<Remark>& left) {
  std::vector<Group> groups;
  for (auto& service : services) {
    const auto repository = repository_of(service);
    const auto kind = last_word(repository);
    if (!service.is_named && is_among(keepers, kind)) {
      left.push_back({service.where,
                      fmt::format("{} ({}) keeps data, so it stays where it is: Teal replaces containers with each "
                                  "upgrade. The application must reach it by an address that holds outside Compose's "
                                  "network",
                                  service.name, kind)});
      continue;
    }
    if (!service.is_named && is_among(proxies, kind)) {
      left.push_back({service.where,
                      fmt::format("{} ({}) is left out: Teal's load balancer takes its place", service.name, kind)});
      continue;
    }
    const auto found = std::ranges::find(groups, repository, &Group::repository);
    if (found != groups.end()) {
      found->services.push_back(std::move(service));
    } else {
      groups.push_back({repository, {}});
      groups.back().services.push_back(std::move(service));
    }
  }
  // A group that only ends is nobody's migration.
  std::erase_if(groups, [&](const Group& group) {
    if (!std::ranges::all_of(group.services, &Service::ends)) return false;
    for (const auto& service : group.services) {
      leave(left, service,
            fmt::format("{} runs once before others, but with another image: make it a migration job (spec.migration) "
                        "of that image, or a hook",
                        service.name));
    }
    return true;
  });
  return groups;
}

std::string unique_name(std::string wanted, const std::set<std::string>& taken) {
  if (wanted.empty()) wanted = "application";
  auto name = wanted;
  for (int i = 2; taken.contains(name); ++i) name = fmt::format("{}-{}", wanted, i);
  return name;
}

std::string unit_name(const Draft& draft, const std::string& wanted) {
  std::set<std::string> taken;
  for (const auto& part : draft.components) taken.insert(part.component.name);
  for (const auto& part : draft.jobs) taken.insert(part.component.name);
  auto name = name_out_of(wanted);
  if (name.empty()) name = "main";
  constexpr std::size_t longest_together = 43;  // container names hold both, and a number
  name.resize(std::min(name.size(), longest_together - std::min(draft.name.size(), longest_together - 8)));
  while (name.ends_with('-')) name.pop_back();
  return unique_name(name, taken);
}

// Whether a word of the text is this name, as hosts are named in addresses.
bool names_host(Words text, Words host) {
  const auto is_part = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; };
  for (auto at = text.find(host); at != text.npos; at = text.find(host, at + 1)) {
    const auto end = at + host.size();
    const bool begins = at == 0 || (text[at - 1] == '@' || text[at - 1] == '/' || text[at - 1] == ',');
    if (begins && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// Compose's network lets services find each other by their names; Teal's containers are in none.
void remark_on_names(const Service& service, const std::vector<std::string>& names, std::vector<Remark>& remarks) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [variable, value] : service.part.values) {
    for (const auto& name : names) {
      const bool is_alone = value == name;
      if ((is_alone && !spec::sounds_secret(variable)) || (!is_alone && names_host(value, name))) {
        found[name].push_back(variable);
      }
    }
  }
  for (const auto& [name, variables] : found) {
    remarks.push_back({service.where, fmt::format("{} names the service {} of Compose's network, which Teal's "
                                                  "containers are not in: put an address there that they can reach",
                                                  fmt::join(variables, ", "), name)});
  }
}

void put_behind_load_balancer(Draft& draft, Service& service, const Assembly& assembly) {
  auto& component = service.part.component;
  if (!component.port) return;
  const auto& wishes = assembly.wishes;
  if (!wishes.health.empty()) {
    component.health.path = wishes.health;
  } else if (!service.has_health_path) {
    component.health.path = "/";
    draft.remarks.push_back({service.where, fmt::format("{} says no path to ask whether it can serve: GET / has to "
                                                        "answer 200 to 299, or change health.path",
                                                        component.name)});
  }
  const auto balancer = wishes.load_balancer.empty() ? assembly.usual_load_balancer : wishes.load_balancer;
  if (balancer == no_load_balancer) return;
  component.load_balancer = spec::LoadBalancerUse{balancer, fmt::format("{}_{}", draft.name, component.name)};
}

void take(Draft& draft, Service service, const Assembly& assembly, const std::vector<std::string>& names) {
  draft.remarks.insert(draft.remarks.end(), service.remarks.begin(), service.remarks.end());
  remark_on_names(service, names, draft.remarks);
  service.part.component.name = unit_name(draft, service.name);
  if (service.ends) {
    if (service.part.component.command.empty()) {
      draft.remarks.push_back({service.where, fmt::format("{} is a migration, but says no command (it is in the "
                                                          "image): it is left out; write it as spec.migration.jobs",
                                                          service.name)});
      return;
    }
    draft.remarks.push_back({service.where, fmt::format("{} became a migration job: it runs once for each version, "
                                                        "before its replicas start",
                                                        service.name)});
    draft.jobs.push_back(std::move(service.part));
    return;
  }
  if (assembly.wishes.replicas && service.part.component.port) {
    service.part.component.replicas = *assembly.wishes.replicas;
  }
  put_behind_load_balancer(draft, service, assembly);
  draft.components.push_back(std::move(service.part));
}

Draft draft_of_group(Group group, const std::string& name, const Assembly& assembly,
                     const std::vector<std::string>& names) {
  Draft draft;
  draft.name = name;
  draft.from = assembly.from;
  const auto main = std::ranges::find(group.services, false, &Service::ends);
  set_image(draft, main->image, main->where);
  draft.pull_policy = main->pull_policy;
  const auto image = main->image;
  for (auto& service : group.services) {
    if (service.image != image) {
      draft.remarks.push_back({service.where, fmt::format("{} ran {}, not {}: an application has one version",
                                                          service.name, service.image, image)});
    }
    take(draft, std::move(service), assembly, names);
  }
  return draft;
}

bool is_behind_load_balancer(const Part& part) { return part.component.load_balancer.has_value(); }

}  // namespace

Result<Assembled> assemble(std::vector<Service> services, const Assembly& assembly) {
  std::vector<std::string> names;
  for (const auto& service : services) names.push_back(service.name);
  Assembled assembled;
  auto groups = grouped(std::move(services), assembled.left);
  if (groups.empty()) {
    std::string why = "there is nothing to make an application of";
    for (const auto& remark : assembled.left) why += "\n" + to_string(remark);
    return Error{ErrorCode::invalid, why};
  }
  // The one with most components has the name that was asked for.
  const auto main = std::ranges::max_element(groups, {}, [](const Group& group) { return group.services.size(); });
  std::rotate(groups.begin(), main, std::next(main));
  std::set<std::string> taken;
  for (auto& group : groups) {
    const auto own = std::string{last_word(group.repository)};
    auto name = unique_name(name_out_of(taken.empty() && !assembly.name.empty() ? assembly.name : own), taken);
    taken.insert(name);
    assembled.drafts.push_back(draft_of_group(std::move(group), name, assembly, names));
  }
  if (!assembly.wishes.host.empty()) {
    const auto served = std::ranges::find_if(assembled.drafts, [](const Draft& draft) {
      return std::ranges::any_of(draft.components, is_behind_load_balancer);
    });
    if (served != assembled.drafts.end()) served->host = assembly.wishes.host;
  }
  return assembled;
}

std::optional<HealthUrl> health_url(std::string_view command) {
  for (const Words scheme : {Words{"http://"}, Words{"https://"}}) {
    for (auto at = command.find(scheme); at != command.npos; at = command.find(scheme, at + 1)) {
      auto rest = command.substr(at + scheme.size());
      rest = rest.substr(0, rest.find_first_of(" \t\n\"'`|;&)<>"));
      const auto slash = rest.find('/');
      auto path = slash == rest.npos ? std::string{"/"} : std::string{rest.substr(slash)};
      path.resize(std::min(path.find('#'), path.size()));
      HealthUrl url{std::move(path), 0};
      const auto host = rest.substr(0, slash);
      if (const auto colon = host.rfind(':'); colon != host.npos) {
        std::from_chars(host.data() + colon + 1, host.data() + host.size(), url.port);
      }
      if (spec::is_request_path(url.path)) return url;
    }
  }
  return std::nullopt;
}

std::string stop_signal(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> numbers{
      {"1", "SIGHUP"},   {"2", "SIGINT"},   {"3", "SIGQUIT"},  {"9", "SIGKILL"},
      {"10", "SIGUSR1"}, {"12", "SIGUSR2"}, {"15", "SIGTERM"}, {"28", "SIGWINCH"}};
  if (const auto found = numbers.find(text); found != numbers.end()) return found->second;
  std::string name{text};
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (!name.starts_with("SIG")) name = "SIG" + name;
  return spec::is_signal(name) ? name : std::string{};
}

std::vector<std::string> capabilities(std::vector<std::string> names) {
  for (auto& name : names) {
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    if (name.starts_with("CAP_")) name.erase(0, 4);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace teal::cli
