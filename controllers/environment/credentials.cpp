#include "controllers/environment/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <set>

#include "controllers/mutants/mutated.hpp"

namespace teal::environment {
namespace {

using boost::asio::awaitable;

// Shorter values are too likely to stand somewhere by chance.
constexpr std::size_t least_telling_length = 8;

// How much a credential says. Both users may well share the place of the database, and a user's name may be part of
// other texts; a password, key or URL may not.
enum class Weight { Place, Identity, Key };

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

Weight weight_of(const MigrationCredential& credential) {
  if (ends_with_any(credential.name, {"USER", "USERNAME"})) return Weight::Identity;
  if (ends_with_any(credential.name, {"HOST", "PORT", "NAME", "DATABASE", "SCHEMA", "SSLMODE"})) return Weight::Place;
  return Weight::Key;
}

// As it stands in a connection string.
std::string in_url(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view{"-._~"}.find(c) != std::string_view::npos;
    text += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

bool stands_in(const MigrationCredential& credential, std::string_view text) {
  const std::string& value = credential.value.reveal();
  if (value.empty() || weight_of(credential) != Weight::Key) return false;
  if (!credential.literal && text == value) return true;
  if (value.size() < least_telling_length) return false;
  return text.find(value) != std::string_view::npos || text.find(in_url(value)) != std::string_view::npos;
}

Error leak(std::string_view where, const MigrationCredential& credential) {
  return {ErrorCode::denied,
          fmt::format("{} would hold the migration credential {}: take it away there (with one all-powerful database "
                      "user, use spec.migration.mode: ApplicationManaged)",
                      where, credential.name)};
}

Result<void> check_variable(std::string_view name, std::string_view value,
                            const std::vector<MigrationCredential>& credentials, std::string_view of_whom = "") {
  for (const auto& credential : credentials) {
    const bool same = name == credential.name && value == credential.value.reveal() && !value.empty() &&
                      !credential.literal && weight_of(credential) != Weight::Place;
    if (same || stands_in(credential, value)) return leak(fmt::format("the variable {}{}", name, of_whom), credential);
  }
  return {};
}

Result<void> check_exposure(const ports::Exposure& exposure, const std::vector<MigrationCredential>& credentials,
                            std::string_view of_whom, std::string_view whose) {
  for (const auto& variable : exposure.environment) {
    const std::string_view text = variable.reveal();
    const auto equals = text.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
    const auto name = text.substr(0, equals);
    const auto checked = check_variable(name, value, credentials, of_whom);
    if (!checked && !mutants::mutated("c1-not-checked-after")) return checked;
  }
  for (const auto& [where, text] : exposure.texts) {
    for (const auto& credential : credentials) {
      if (stands_in(credential, text.reveal())) return leak(fmt::format("{} {}", whose, where), credential);
    }
  }
  return {};
}

// "/etc/shop/../secrets" is "/etc/secrets".
std::string plain_path(const std::string& path) { return std::filesystem::path{path}.lexically_normal().string(); }

bool is_within(std::string_view directory, std::string_view file) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
  if (!file.starts_with(directory)) return false;
  return directory == "/" || file.size() == directory.size() || file[directory.size()] == '/';
}

// Of the variable as it is in force: the component's own stands before the application's.
bool is_from_elsewhere(const spec::ApplicationSpec& spec, const spec::Component& component, const std::string& name) {
  for (const auto* environment : {&component.env, &spec.env}) {
    const auto found = environment->find(name);
    if (found != environment->end()) return found->second.kind != spec::ValueSource::Kind::Literal;
  }
  return false;
}

}  // namespace

awaitable<Result<masking::SecretEnvironment>> environment_of(ports::Secrets& secrets, const spec::ApplicationSpec& spec,
                                                             const spec::Environment& own) {
  std::map<std::string, masking::Secret> merged;
  for (const auto& path : spec.env_files) {
    auto file = co_await secrets.read_env_file(path);
    if (!file) co_return within("envFiles", file.error());
    for (auto& [name, value] : *file) merged.insert_or_assign(name, std::move(value));
  }
  for (const auto* environment : {&spec.env, &own}) {
    for (const auto& [name, source] : *environment) {
      auto value = co_await secrets.read(source);
      if (!value) co_return within(name, value.error());
      merged.insert_or_assign(name, std::move(*value));
    }
  }
  masking::SecretEnvironment result;
  for (auto& [name, value] : merged) result.emplace_back(name, std::move(value));
  co_return result;
}

awaitable<Result<ReplicaValues>> values_of(ports::Secrets& secrets, const spec::ApplicationSpec& spec,
                                           const spec::Component& component) {
  auto all = co_await environment_of(secrets, spec, component.env);
  if (!all) co_return all.error();
  ReplicaValues values;
  if (!component.secrets_as_files) {
    values.env = std::move(*all);
    co_return values;
  }
  std::set<std::string> names;
  for (const auto& [name, value] : *all) names.insert(name);
  for (auto& [name, value] : *all) {
    auto& into = is_from_elsewhere(spec, component, name) ? values.files : values.env;
    if (&into == &values.files && !names.contains(name + "_FILE")) {
      values.env.emplace_back(name + "_FILE", masking::Secret{fmt::format("{}/{}", ports::secret_files_folder, name)});
    }
    into.emplace_back(name, std::move(value));
  }
  co_return values;
}

awaitable<MigrationCredentials> migration_credentials(ports::Secrets& secrets, const spec::ApplicationSpec& spec) {
  MigrationCredentials all;
  for (const auto* job : spec::jobs_and_hooks(spec)) {
    std::vector<std::pair<std::string, spec::ValueSource>> wanted{job->credentials.begin(), job->credentials.end()};
    if (job->database) {
      wanted.emplace_back(fmt::format("database.migration.password of job {}", job->name),
                          job->database->migration.password);
    }
    for (const auto& [name, source] : wanted) {
      auto value = co_await secrets.read(source);
      if (!value) {
        if (!all.unread) all.unread = within(fmt::format("migration credential {}", name), value.error());
        continue;
      }
      MigrationCredential credential;
      credential.name = name;
      credential.literal = source.kind == spec::ValueSource::Kind::Literal;
      if (source.kind == spec::ValueSource::Kind::File) credential.file = source.text;
      credential.value = std::move(*value);
      all.known.push_back(std::move(credential));
    }
  }
  co_return all;
}

awaitable<Result<std::vector<MigrationCredential>>> credentials_to_look_for(ports::Secrets& secrets,
                                                                            const spec::ApplicationSpec& spec,
                                                                            bool proven) {
  auto all = co_await migration_credentials(secrets, spec);
  if (all.unread && !proven) {
    co_return within("it cannot be shown that a replica would hold no migration credential", *all.unread);
  }
  co_return std::move(all.known);
}

Result<void> check_before_create(const ports::ContainerSpec& container,
                                 const std::vector<MigrationCredential>& credentials) {
  for (const auto* values : {&container.env, &container.files}) {
    for (const auto& [name, value] : *values) {
      if (auto checked = check_variable(name, value.reveal(), credentials); !checked) return checked;
    }
  }
  for (const auto& credential : credentials) {
    for (const auto& argument : container.command) {
      if (stands_in(credential, argument)) return leak("an argument of its command", credential);
    }
    for (const auto& mount : container.mounts) {
      if (!credential.file.empty() && is_within(plain_path(mount.source), plain_path(credential.file))) {
        return leak(fmt::format("the mount of {} (which holds {})", mount.source, credential.file), credential);
      }
    }
  }
  return {};
}

Result<void> check_after_create(const ports::Exposure& exposure, const std::vector<MigrationCredential>& credentials) {
  return check_exposure(exposure, credentials, "", "its");
}

Result<void> check_image(const ports::Exposure& exposure, const std::vector<MigrationCredential>& credentials) {
  return check_exposure(exposure, credentials, " of its image", "its image's");
}

}  // namespace teal::environment
