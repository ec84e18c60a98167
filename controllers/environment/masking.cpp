#include "controllers/environment/masking.hpp"

#include <string_view>

#include "manifests/spec/text_rules.hpp"

namespace teal::environment {
namespace {

using boost::asio::awaitable;

bool is_secret(const std::string& name, const spec::ValueSource& source, bool literals) {
  const bool literal = source.kind == spec::ValueSource::Kind::Literal;
  return !spec::names_place(name) && (!literal || literals || spec::sounds_secret(name));
}

awaitable<void> add(ports::Secrets& secrets, const spec::Environment& environment, bool literals,
                    std::vector<masking::Secret>& found) {
  for (const auto& [name, source] : environment) {
    if (!is_secret(name, source, literals)) continue;
    auto value = co_await secrets.read(source);
    const bool is_count =
        value && source.kind == spec::ValueSource::Kind::Literal && spec::counts_tokens(name, value->reveal());
    if (value && !is_count) found.push_back(std::move(*value));
  }
}

// Passwords of connection strings and the like, which an application may tell without the rest.
void add_parts(std::string_view text, std::vector<masking::Secret>& found) {
  for (const auto& span : masking::telling_spans(text, masking::TellingWords::Anywhere)) {
    auto part = text.substr(span.from, span.to - span.from);
    if (part.size() > 1 && (part.front() == '"' || part.front() == '\'') && part.back() == part.front())
      part = part.substr(1, part.size() - 2);
    found.emplace_back(std::string{part});
  }
}

// What one container was given that nobody else may read.
std::vector<masking::Secret> secrets_among(const ports::Exposure& exposure, const std::set<std::string>& names) {
  std::vector<masking::Secret> found;
  const auto is_kept_from_others = [&](const std::string& name) {
    return names.contains(name) || (spec::sounds_secret(name) && !spec::names_place(name));
  };
  for (const auto& variable : exposure.environment) {
    const auto& text = variable.reveal();
    const auto equals = text.find('=');
    if (equals == std::string::npos) continue;
    add_parts(std::string_view{text}.substr(equals + 1), found);
    const bool is_count = spec::counts_tokens(text.substr(0, equals), text.substr(equals + 1));
    if (is_kept_from_others(text.substr(0, equals)) && !is_count) found.emplace_back(text.substr(equals + 1));
  }
  for (const auto& [name, value] : exposure.files) {
    if (!spec::names_place(name)) found.push_back(value);
  }
  std::string command;
  for (const auto& [where, text] : exposure.texts) {
    if (where == "command") command += text.reveal() + " ";
  }
  add_parts(command, found);
  masking::Secret::overwrite(command);
  return found;
}

}  // namespace

awaitable<std::vector<masking::Secret>> secrets_of(ports::Secrets& secrets, const spec::ApplicationSpec& spec) {
  std::vector<masking::Secret> found;
  for (const auto& path : spec.env_files) {
    auto file = co_await secrets.read_env_file(path);
    if (!file) continue;
    for (auto& [name, value] : *file) {
      if (spec::sounds_secret(name) && !spec::counts_tokens(name, value.reveal())) found.push_back(std::move(value));
    }
  }
  co_await add(secrets, spec.env, false, found);
  for (const auto& component : spec.components) co_await add(secrets, component.env, false, found);
  for (const auto* job : spec::jobs_and_hooks(spec)) {
    co_await add(secrets, job->credentials, true, found);
    if (!job->database) continue;
    spec::Environment passwords;
    passwords.emplace("MIGRATION_PASSWORD", job->database->migration.password);
    passwords.emplace("APPLICATION_PASSWORD", job->database->application.password);
    co_await add(secrets, passwords, true, found);
  }
  co_return found;
}

std::set<std::string> secret_names(const spec::ApplicationSpec& spec) {
  std::set<std::string> names;
  const auto add = [&](const spec::Environment& environment, bool literals) {
    for (const auto& [name, source] : environment) {
      if (is_secret(name, source, literals)) names.insert(name);
    }
  };
  add(spec.env, false);
  for (const auto& component : spec.components) add(component.env, false);
  for (const auto* job : spec::jobs_and_hooks(spec)) add(job->credentials, true);
  return names;
}

awaitable<Result<std::shared_ptr<const masking::Mask>>> given_mask(const ports::Ports& ports, ports::Engine& engine,
                                                                   std::string container_id,
                                                                   std::set<std::string> names, GivenMasks& known) {
  if (const auto found = known.find(container_id); found != known.end()) co_return found->second;
  auto exposure = co_await engine.exposure(container_id);
  if (!exposure) co_return exposure.error();
  if (!exposure->files_known) {
    co_return Error{ErrorCode::denied, "the files with secrets that it was given are there no more"};
  }
  const auto mask = std::make_shared<std::shared_ptr<const masking::Mask>>();
  auto make = [exposure = std::make_shared<const ports::Exposure>(std::move(*exposure)), names = std::move(names),
               mask] {
    *mask = std::make_shared<const masking::Mask>(secrets_among(*exposure, names));
    return std::string{};
  };
  (void)co_await ports.made_beside(std::move(make));
  known[container_id] = *mask;
  co_return *mask;
}

}  // namespace teal::environment
