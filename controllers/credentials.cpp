#include "controllers/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace teal {
namespace {

using boost::asio::awaitable;

// Shorter values are too likely to stand somewhere by chance.
constexpr std::size_t least_telling_length = 8;

// A user, host, port or database name may well be part of other texts; a password, key or URL may not.
bool is_sensitive(const MigrationCredential& credential) {
  static constexpr std::array<std::string_view, 4> plain{"USER", "HOST", "PORT", "NAME"};
  return std::ranges::none_of(plain, [&](std::string_view ending) { return credential.name.ends_with(ending); });
}

bool stands_in(const MigrationCredential& credential, std::string_view text) {
  const std::string& value = credential.value.reveal();
  if (value.empty()) return false;
  if (!credential.literal && text == value) return true;
  return is_sensitive(credential) && value.size() >= least_telling_length && text.find(value) != std::string_view::npos;
}

Error leak(std::string_view where, const MigrationCredential& credential) {
  return {ErrorCode::denied,
          fmt::format("{} would hold the migration credential {}: take it away there (with one all-powerful database "
                      "user, use spec.migration.mode: ApplicationManaged)",
                      where, credential.name)};
}

Result<void> check_variable(std::string_view name, std::string_view value,
                            const std::vector<MigrationCredential>& credentials) {
  for (const auto& credential : credentials) {
    const bool same = name == credential.name && value == credential.value.reveal() && !credential.literal;
    if (same || stands_in(credential, value)) return leak(fmt::format("the variable {}", name), credential);
  }
  return {};
}

bool is_within(std::string_view directory, std::string_view file) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
  if (!file.starts_with(directory)) return false;
  return directory == "/" || file.size() == directory.size() || file[directory.size()] == '/';
}

}  // namespace

awaitable<Result<SecretEnvironment>> environment_of(Secrets& secrets, const ApplicationSpec& spec,
                                                    const Environment& own) {
  std::map<std::string, Secret> merged;
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
  SecretEnvironment result;
  for (auto& [name, value] : merged) result.emplace_back(name, std::move(value));
  co_return result;
}

awaitable<std::vector<MigrationCredential>> migration_credentials(Secrets& secrets, const ApplicationSpec& spec) {
  std::vector<MigrationCredential> credentials;
  for (const auto& job : spec.migration.jobs) {
    for (const auto& [name, source] : job.credentials) {
      auto value = co_await secrets.read(source);
      if (!value) continue;
      MigrationCredential credential;
      credential.name = name;
      credential.literal = source.kind == ValueSource::Kind::Literal;
      if (source.kind == ValueSource::Kind::File) credential.file = source.text;
      credential.value = std::move(*value);
      credentials.push_back(std::move(credential));
    }
  }
  co_return credentials;
}

Result<void> check_before_create(const ContainerSpec& container, const std::vector<MigrationCredential>& credentials) {
  for (const auto& [name, value] : container.env) {
    if (auto checked = check_variable(name, value.reveal(), credentials); !checked) return checked;
  }
  for (const auto& credential : credentials) {
    for (const auto& argument : container.command) {
      if (stands_in(credential, argument)) return leak("an argument of its command", credential);
    }
    for (const auto& mount : container.mounts) {
      if (!credential.file.empty() && is_within(mount.source, credential.file)) {
        return leak(fmt::format("the mount of {} (which holds {})", mount.source, credential.file), credential);
      }
    }
  }
  return {};
}

Result<void> check_after_create(const Exposure& exposure, const std::vector<MigrationCredential>& credentials) {
  for (const auto& variable : exposure.environment) {
    const std::string_view text = variable.reveal();
    const auto equals = text.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
    if (auto checked = check_variable(text.substr(0, equals), value, credentials); !checked) return checked;
  }
  for (const auto& text : exposure.texts) {
    for (const auto& credential : credentials) {
      if (is_sensitive(credential) && stands_in(credential, text.reveal())) {
        return leak("its command, labels or mounts", credential);
      }
    }
  }
  return {};
}

}  // namespace teal
