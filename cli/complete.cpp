#include "cli/complete.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "cli/fields.hpp"
#include "cli/verb.hpp"
#include "cli/wait_goal.hpp"
#include "daemon/runtime/http_client.hpp"

namespace teal::cli {
namespace {

constexpr std::array<std::string_view, 4> formats{"table", "wide", "json", "yaml"};
constexpr std::array<std::string_view, 3> resources{"applications", "rollouts", "events"};
constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};

class Candidates {
 public:
  explicit Candidates(std::string prefix) : prefix_(std::move(prefix)) {}

  void add(std::string_view word, std::string_view description = {}) {
    if (!word.starts_with(prefix_)) return;
    lines_.append(word).append("\t").append(description) += '\n';
  }
  void add_all(std::span<const std::string_view> words) {
    for (const auto word : words) add(word);
  }
  // A name that a server gave goes to a shell: only letters, digits, "-", "_" and "." may.
  void add_name(std::string_view name) {
    const auto harmless = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
             c == '.';
    };
    if (!name.empty() && name.front() != '-' && std::ranges::all_of(name, harmless)) add(name);
  }
  void add_files() { lines_ += ":files\n"; }
  [[nodiscard]] std::string lines() const { return lines_; }

 private:
  std::string prefix_;
  std::string lines_;
};

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  for (const auto* option : app.get_options()) {
    if (!option->get_positional() && option->check_name(word)) return option;
  }
  return nullptr;
}

const CLI::App* verb_named(const CLI::App& app, const std::string& word) {
  const auto found = app.get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
  return found.empty() ? nullptr : found.front();
}

void add_options(const CLI::App& app, Candidates& candidates) {
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) continue;
    for (const auto& name : option->get_lnames()) candidates.add("--" + name, option->get_description());
    for (const auto& name : option->get_snames()) candidates.add("-" + name, option->get_description());
  }
}

struct Line {
  const CLI::App* verb = nullptr;
  std::vector<std::string> positionals;  // after the verb
  std::string server;
  const CLI::Option* pending = nullptr;  // an option whose value is being typed
};

Line read(const CLI::App& app, const std::vector<std::string>& words, const std::string& server) {
  Line line;
  line.server = server;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto& word = words[i];
    if (line.pending != nullptr) {
      if (line.pending->check_name("--server")) line.server = word;
      line.pending = nullptr;
    } else if (word.starts_with("--server=")) {
      line.server = word.substr(std::string_view{"--server="}.size());
    } else if (word.starts_with('-') && word.size() > 1) {
      const auto* option = option_named(line.verb != nullptr ? *line.verb : app, word);
      if (option != nullptr && takes_value(*option)) line.pending = option;
    } else if (line.verb == nullptr) {
      line.verb = verb_named(app, word);
    } else {
      line.positionals.push_back(word);
    }
  }
  return line;
}

void add_names(Candidates& candidates, const std::string& url, const std::string& target, std::string_view list,
               std::string_view name) {
  Server server{url};
  const auto answer = server.read(target, std::chrono::seconds{1});
  if (!answer) return;
  for (const auto& item : items_at(*answer, list)) candidates.add_name(text_at(item, name));
}

void add_applications(Candidates& candidates, const Line& line) {
  add_names(candidates, line.server, "/apis/teal/v1/applications", "/items", "/metadata/name");
}

void add_values(Candidates& candidates, const Line& line) {
  const auto& option = *line.pending;
  const auto application = line.positionals.empty() ? std::string{} : line.positionals.front();
  if (option.check_name("--output")) {
    candidates.add_all(formats);
  } else if (option.check_name("--for")) {
    candidates.add_all(goal_names());
  } else if (option.check_name("--filename")) {
    candidates.add_files();
  } else if (option.check_name("--application")) {
    add_applications(candidates, line);
  } else if (option.check_name("--component") && !application.empty()) {
    add_names(candidates, line.server, application_path(application), "/status/components", "/name");
  } else if (option.check_name("--rollout") && !application.empty()) {
    add_names(candidates, line.server, "/apis/teal/v1/rollouts?application=" + http::encode(application), "/items",
              "/metadata/name");
  }
}

void add_subjects(Candidates& candidates, const Line& line, Subject subject) {
  switch (subject) {
    case Subject::Nothing:
      return;
    case Subject::Application:
      if (line.positionals.empty()) add_applications(candidates, line);
      return;
    case Subject::Resource:
      if (line.positionals.empty()) return candidates.add_all(resources);
      if (line.positionals.front().starts_with("rollout")) {
        return add_names(candidates, line.server, "/apis/teal/v1/rollouts", "/items", "/metadata/name");
      }
      return add_applications(candidates, line);
    case Subject::File:
      return candidates.add_files();
    case Subject::Shell:
      if (line.positionals.empty()) candidates.add_all(shells);
      return;
  }
}

}  // namespace

std::string complete(const CLI::App& app, const std::vector<std::string>& words, const std::string& server) {
  const auto current = words.empty() ? std::string{} : words.back();
  const auto line = read(app, words, server);
  Candidates candidates{current};
  if (line.pending != nullptr) {
    add_values(candidates, line);
  } else if (current.starts_with('-')) {
    add_options(line.verb != nullptr ? *line.verb : app, candidates);
  } else if (line.verb == nullptr) {
    for (const auto& verb : verbs()) candidates.add(verb.name, verb.summary);
  } else {
    for (const auto& verb : verbs()) {
      if (verb.name == line.verb->get_name()) add_subjects(candidates, line, verb.subject);
    }
  }
  return candidates.lines();
}

}  // namespace teal::cli
