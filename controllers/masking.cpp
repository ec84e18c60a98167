#include "controllers/masking.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "manifests/json.hpp"
#include "manifests/text_rules.hpp"

namespace teal {
namespace {

using boost::asio::awaitable;

constexpr std::size_t shortest = 6;

std::string upper(std::string_view name) {
  std::string text{name};
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Where a value comes from says that it is to be kept from others, unless its name says that it is no key.
bool is_place_or_name(std::string_view name) {
  constexpr std::array<std::string_view, 8> endings{"USER", "USERNAME", "HOST",   "PORT",
                                                    "NAME", "DATABASE", "SCHEMA", "SSLMODE"};
  return std::ranges::any_of(endings, [text = upper(name)](std::string_view end) { return text.ends_with(end); });
}

// The longest first: one may be the beginning of another.
void sort(std::vector<Secret>& found) {
  std::ranges::sort(found, std::greater{}, [](const Secret& one) { return one.reveal().size(); });
}

bool is_secret(const std::string& name, const ValueSource& source, bool literals) {
  const bool literal = source.kind == ValueSource::Kind::Literal;
  return !is_place_or_name(name) && (!literal || literals || sounds_secret(name));
}

awaitable<void> add(Secrets& secrets, const Environment& environment, bool literals, std::vector<Secret>& found) {
  for (const auto& [name, source] : environment) {
    if (!is_secret(name, source, literals)) continue;
    auto value = co_await secrets.read(source);
    if (value && value->reveal().size() >= shortest) found.push_back(std::move(*value));
  }
}

}  // namespace

awaitable<std::vector<Secret>> secrets_of(Secrets& secrets, const ApplicationSpec& spec) {
  std::vector<Secret> found;
  for (const auto& path : spec.env_files) {
    auto file = co_await secrets.read_env_file(path);
    if (!file) continue;
    for (auto& [name, value] : *file) {
      if (sounds_secret(name) && value.reveal().size() >= shortest) found.push_back(std::move(value));
    }
  }
  co_await add(secrets, spec.env, false, found);
  for (const auto& component : spec.components) co_await add(secrets, component.env, false, found);
  for (const auto* job : jobs_and_hooks(spec)) {
    co_await add(secrets, job->credentials, true, found);
    if (!job->database) continue;
    Environment passwords;
    passwords.emplace("MIGRATION_PASSWORD", job->database->migration.password);
    passwords.emplace("APPLICATION_PASSWORD", job->database->application.password);
    co_await add(secrets, passwords, true, found);
  }
  sort(found);
  co_return found;
}

std::set<std::string> secret_names(const ApplicationSpec& spec) {
  std::set<std::string> names;
  const auto add = [&](const Environment& environment, bool literals) {
    for (const auto& [name, source] : environment) {
      if (is_secret(name, source, literals)) names.insert(name);
    }
  };
  add(spec.env, false);
  for (const auto& component : spec.components) add(component.env, false);
  for (const auto* job : jobs_and_hooks(spec)) add(job->credentials, true);
  return names;
}

awaitable<Result<std::vector<Secret>>> secrets_given(Engine& engine, std::string container_id,
                                                     std::set<std::string> names) {
  const auto exposure = co_await engine.exposure(std::move(container_id));
  if (!exposure) co_return exposure.error();
  std::vector<Secret> found;
  for (const auto& variable : exposure->environment) {
    const auto& text = variable.reveal();
    const auto equals = text.find('=');
    if (equals == std::string::npos || text.size() - equals - 1 < shortest) continue;
    const auto name = text.substr(0, equals);
    if (names.contains(name) || (sounds_secret(name) && !is_place_or_name(name)))
      found.emplace_back(text.substr(equals + 1));
  }
  sort(found);
  co_return found;
}

std::string masked(std::string text, const std::vector<Secret>& secrets) {
  for (const auto& secret : secrets) {
    const auto& value = secret.reveal();
    for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + 3)) {
      text.replace(at, value.size(), "***");
    }
  }
  return mask_connection_strings(text);
}

}  // namespace teal
