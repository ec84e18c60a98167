#include "manifests/validate/validate.hpp"

#include <algorithm>
#include <map>

#include "manifests/parse/report.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/validate/described.hpp"
#include "manifests/validate/rules.hpp"
#include "manifests/wire/application.hpp"

namespace teal::rules {
namespace {

// "teal-{application}-{unit}-r{revision}-{index}" is a host's name too: at most 63 characters, of which 5 digits of
// revision, 3 of index and the rest of the form take 17.
constexpr std::size_t longest_names = 63 - 17;

void validate_unit_names(const spec::Application& application, Rules& rules) {
  std::map<std::string, std::string> owners;  // name → path of who has it
  const auto check = [&](const std::string& name, const std::string& path) {
    if (!spec::is_dns_label(name)) return;
    if (const auto [owner, fresh] = owners.emplace(name, path); !fresh) {
      rules.problem(
          path, fmt::format("this name is taken by {}: components, jobs and hooks share their names", owner->second));
    }
    if (spec::is_dns_label(application.name) && application.name.size() + name.size() > longest_names) {
      rules.problem(
          path,
          fmt::format("too long together with metadata.name ({} characters): expected at most {} for both, since "
                      "container names are limited to 63",
                      application.name.size() + name.size(), longest_names),
          "metadata.name");
    }
  };
  for (std::size_t i = 0; i < application.spec.components.size(); ++i) {
    check(application.spec.components[i].name, fmt::format("spec.components[{}].name", i));
  }
  for (const auto& list : job_lists(application.spec)) {
    for (std::size_t i = 0; i < list.jobs->size(); ++i)
      check((*list.jobs)[i].name, fmt::format("{}[{}].name", list.path, i));
  }
}

void validate_metadata(const spec::Application& application, Rules& rules) {
  rules.count(application.labels.size(), 100, "metadata.labels");
  for (const auto& [key, value] : application.labels) {
    const auto path = yaml::child_path("metadata.labels", key);
    rules.require(spec::is_label_key(key), path, "not a label's key: expected [prefix/]name as in Kubernetes");
    rules.require(spec::is_label_value(value), path,
                  "not a label's value: expected up to 63 letters, digits and _ . -, none at the ends");
  }
}

void validate_routes(const spec::ApplicationSpec& spec, Rules& rules) {
  constexpr Duration longest_held = std::chrono::minutes{10};
  std::map<std::string, std::string> owners;  // load balancer and key → path of who has it
  for (std::size_t i = 0; i < spec.components.size(); ++i) {
    const auto& use = spec.components[i].load_balancer;
    for (std::size_t at = 0; use && at < use->routes.size(); ++at) {
      const auto& route = use->routes[at];
      const auto path = fmt::format("spec.components[{}].loadBalancer.routes[{}]", i, at);
      const auto [owner, fresh] = owners.emplace(use->name + "/" + spec::route_key(route), path);
      rules.require(fresh, path,
                    fmt::format("{} has the same host and path: a request can go to one of them only", owner->second));
      rules.require(route.held <= longest_held, path + ".held",
                    "expected at most 10m: clients and the proxies before this one give up sooner");
    }
  }
}

void validate_adopt(const spec::Application& application, Rules& rules) {
  if (!application.spec.adopt) return;
  const auto& adopt = *application.spec.adopt;
  rules.require(!adopt.containers.empty() || !adopt.servers.empty(), "spec.adopt",
                "expected containers or servers that ran before Teal");
  rules.require(application.spec.rollout.strategy == spec::Strategy::BlueGreen, "spec.adopt",
                "what ran before is the fallback while the new version is verified beside it, which Recreate does not "
                "do: use BlueGreen for the first installation");
  rules.require(!adopt.stop || !adopt.containers.empty(), "spec.adopt.stop",
                "there is nothing to stop: name the containers behind the servers as well");
  const auto check = [&](const std::vector<std::string>& names, const std::string& path) {
    std::map<std::string, std::string> owners;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto where = yaml::item_path(path, i);
      const auto [owner, fresh] = owners.emplace(names[i], where);
      rules.require(fresh, where, fmt::format("{} is named by {} already", names[i], owner->second));
      const auto slash = names[i].find('/');
      const auto name = slash == std::string::npos ? names[i] : names[i].substr(slash + 1);
      rules.require(!spec::parse_container_name(application.name, name), where,
                    fmt::format("{} bears the name of a replica of Teal's own: expected what ran before Teal", name));
    }
  };
  check(adopt.containers, "spec.adopt.containers");
  check(adopt.servers, "spec.adopt.servers");
}

void validate_spec(const spec::ApplicationSpec& spec, Rules& rules) {
  rules.require(!spec.components.empty(), "spec.components", "expected at least one component");
  for (std::size_t i = 0; i < spec.components.size(); ++i) {
    validate_component(spec.components[i], fmt::format("spec.components[{}]", i), rules);
  }
}

}  // namespace

std::vector<Problem> validate(const spec::Application& application) {
  Rules rules;
  DescribedRules described{rules, ""};
  describe(described, application);
  validate_metadata(application, rules);
  validate_spec(application.spec, rules);
  validate_routes(application.spec, rules);
  validate_adopt(application, rules);
  validate_unit_names(application, rules);
  validate_migration(application.spec, rules);
  validate_credentials(application.spec, rules);
  validate_rollout(application.spec, rules);
  return rules.take();
}

}  // namespace teal::rules
