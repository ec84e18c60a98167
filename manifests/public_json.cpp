#include <algorithm>
#include <array>
#include <string>

#include "manifests/json.hpp"

namespace teal {
namespace {

constexpr std::string_view mask = "***";

void mask_literals(Environment& credentials) {
  for (auto& [name, source] : credentials) {
    if (source.kind == ValueSource::Kind::Literal) source.text = mask;
  }
}

void mask_commands(std::vector<std::string>& command) {
  for (auto& argument : command) argument = mask_connection_strings(argument);
}

void mask_environment(Environment& environment) {
  for (auto& [name, source] : environment) source.text = mask_connection_strings(source.text);
}

void mask_jobs(std::vector<Job>& jobs) {
  for (auto& job : jobs) {
    mask_literals(job.credentials);
    mask_commands(job.command);
  }
}

bool ends_password(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '&' || c == ';' || c == '"' || c == '\'';
}

// scheme://user:password@…
void mask_user_info(std::string& text) {
  for (auto scheme = text.find("://"); scheme != std::string::npos; scheme = text.find("://", scheme + 3)) {
    const auto start = scheme + 3;
    const auto end = std::min(text.find_first_of("/?# \t\n\"'", start), text.size());
    const auto at = text.rfind('@', end == 0 ? 0 : end - 1);
    if (at == std::string::npos || at < start) continue;
    const auto colon = text.find(':', start);
    if (colon == std::string::npos || colon > at) continue;
    text.replace(colon + 1, at - colon - 1, mask);
  }
}

// libpq's "host=… password=…", and the same as a parameter of a URL.
void mask_parameters(std::string& text) {
  static constexpr std::array<std::string_view, 2> words{"password=", "passwd="};
  for (const auto word : words) {
    for (auto found = text.find(word); found != std::string::npos; found = text.find(word, found + word.size())) {
      const auto start = found + word.size();
      const char quote = start < text.size() && (text[start] == '\'' || text[start] == '"') ? text[start] : '\0';
      auto end = start + (quote == '\0' ? 0 : 1);
      while (end < text.size() && (quote == '\0' ? !ends_password(text[end]) : text[end] != quote)) ++end;
      if (quote != '\0' && end < text.size()) ++end;
      text.replace(start, end - start, mask);
    }
  }
}

}  // namespace

std::string mask_connection_strings(std::string_view text) {
  std::string result{text};
  mask_user_info(result);
  mask_parameters(result);
  return result;
}

boost::json::object to_public_json(const Application& application) {
  auto shown = application;
  auto& spec = shown.spec;
  mask_environment(spec.env);
  for (auto& component : spec.components) {
    mask_environment(component.env);
    mask_commands(component.command);
  }
  for (auto* jobs : {&spec.migration.jobs, &spec.hooks.before_migration, &spec.hooks.after_migration,
                     &spec.hooks.before_cutover, &spec.hooks.after_cutover, &spec.hooks.on_rollback}) {
    mask_jobs(*jobs);
  }
  return to_json(shown);
}

}  // namespace teal
