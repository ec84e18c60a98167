#include "manifests/parse/report.hpp"
#include "manifests/validate/rules.hpp"

namespace teal::rules {
namespace {

// Whether a file at `path` is visible to a container that mounts `source`.
bool is_within(std::string_view path, std::string_view source) {
  while (source.size() > 1 && source.ends_with('/')) source.remove_suffix(1);
  if (source == "/" || path == source) return true;
  return path.starts_with(source) && path[source.size()] == '/';
}

struct Credential {
  std::string path;
  spec::ValueSource source;
};

// One that a program prints is as good as what the program logs in with.
void add(const spec::ValueSource& source, const std::string& path, std::vector<Credential>& credentials) {
  if (source.kind == spec::ValueSource::Kind::Literal) return;
  credentials.push_back({path, source});
  for (const auto& [name, value] : source.env) add(value, yaml::child_path(path + ".env", name), credentials);
}

// A literal may be the same by chance (a host's name); the values themselves are compared when they are read.
std::vector<Credential> credentials_of(const spec::ApplicationSpec& spec) {
  std::vector<Credential> credentials;
  for (const auto& list : job_lists(spec)) {
    for (std::size_t i = 0; i < list.jobs->size(); ++i) {
      const auto& job = (*list.jobs)[i];
      const auto path = fmt::format("{}[{}]", list.path, i);
      for (const auto& [name, source] : job.credentials) {
        add(source, yaml::child_path(path + ".credentials", name), credentials);
      }
      if (job.database) add(job.database->migration.password, path + ".database.migration.password", credentials);
    }
  }
  return credentials;
}

void check_environment(const spec::Environment& environment, const std::string& path,
                       const std::vector<Credential>& credentials, Rules& rules) {
  for (const auto& [name, source] : environment) {
    for (const auto& credential : credentials) {
      if (source != credential.source) continue;
      rules.problem(
          yaml::child_path(path, name),
          fmt::format("serving containers must not get a migration credential: this is read from the same place as {}",
                      credential.path),
          credential.path);
      break;
    }
  }
}

}  // namespace

void validate_credentials(const spec::ApplicationSpec& spec, Rules& rules) {
  const auto credentials = credentials_of(spec);
  check_environment(spec.env, "spec.env", credentials, rules);
  for (std::size_t i = 0; i < spec.components.size(); ++i) {
    const auto& component = spec.components[i];
    const auto path = fmt::format("spec.components[{}]", i);
    check_environment(component.env, path + ".env", credentials, rules);
    check_environment(component.health.headers, path + ".health.headers", credentials, rules);
    for (std::size_t m = 0; m < component.mounts.size(); ++m) {
      for (const auto& credential : credentials) {
        if (credential.source.kind != spec::ValueSource::Kind::File) continue;
        if (!is_within(credential.source.text, component.mounts[m].source)) continue;
        rules.problem(
            fmt::format("{}.mounts[{}].source", path, m),
            fmt::format("serving containers must not see a migration credential: this mount holds the file of {}",
                        credential.path),
            credential.path);
        break;
      }
    }
  }
}

}  // namespace teal::rules
