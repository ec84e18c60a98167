#include "cli/complete.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "cli/fields.hpp"
#include "cli/tokens_edit.hpp"
#include "cli/verb.hpp"
#include "cli/wait_goal.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

constexpr std::array<std::string_view, 4> formats{"table", "wide", "json", "yaml"};
constexpr std::array<std::string_view, 3> resources{"applications", "rollouts", "events"};
constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};
constexpr std::array<std::string_view, 3> roles{"viewer", "operator", "admin"};

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

// Those of the verbs around it as well, where they are taken; each once.
void add_options(const CLI::App& app, Candidates& candidates) {
  const auto add = [&](const CLI::Option& option, const CLI::App* inner) {
    for (const auto& name : option.get_lnames()) {
      if (inner == nullptr || option_named(*inner, "--" + name) == nullptr)
        candidates.add("--" + name, option.get_description());
    }
    for (const auto& name : option.get_snames()) {
      if (inner == nullptr || option_named(*inner, "-" + name) == nullptr)
        candidates.add("-" + name, option.get_description());
    }
  };
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) add(*option, nullptr);
  }
  if (!app.get_fallthrough() || app.get_parent() == nullptr) return;
  for (const auto* option : app.get_parent()->get_options()) {
    if (!option->get_positional()) add(*option, &app);
  }
}

const CLI::Option* option_taken(const CLI::App& app, const std::string& word) {
  const auto* option = option_named(app, word);
  if (option != nullptr || !app.get_fallthrough() || app.get_parent() == nullptr) return option;
  return option_named(*app.get_parent(), word);
}

bool has_verbs(const CLI::App& app) { return !app.get_subcommands(nullptr).empty(); }

struct Line {
  const CLI::App* verb = nullptr;        // the innermost
  std::vector<std::string> positionals;  // after the verb
  std::string server;
  Access access;
  std::string file{default_tokens_file};
  const CLI::Option* pending = nullptr;  // an option whose value is being typed
};

// What the word is the value of, when what is asked of the server needs it.
void keep_value(Line& line, const CLI::Option& option, const std::string& word) {
  const std::array<std::pair<const char*, std::string*>, 6> kept{{{"--server", &line.server},
                                                                  {"--token-file", &line.access.token_file},
                                                                  {"--certificate", &line.access.certificate},
                                                                  {"--key", &line.access.key},
                                                                  {"--ca", &line.access.ca},
                                                                  {"--file", &line.file}}};
  for (const auto& [name, value] : kept) {
    if (option.check_name(name)) *value = word;
  }
}

Line read(const CLI::App& app, const std::vector<std::string>& words, const std::string& server) {
  Line line;
  line.server = server;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto& word = words[i];
    if (line.pending != nullptr) {
      keep_value(line, *line.pending, word);
      line.pending = nullptr;
    } else if (word.starts_with('-') && word.size() > 1) {
      const auto equals = word.starts_with("--") ? word.find('=') : word.npos;
      const auto* option = option_taken(line.verb != nullptr ? *line.verb : app, word.substr(0, equals));
      if (option == nullptr || !takes_value(*option)) continue;
      if (equals == word.npos) {
        line.pending = option;
      } else {
        keep_value(line, *option, word.substr(equals + 1));
      }
    } else if (line.verb == nullptr || (line.positionals.empty() && has_verbs(*line.verb))) {
      if (const auto* verb = verb_named(line.verb == nullptr ? app : *line.verb, word)) line.verb = verb;
    } else {
      line.positionals.push_back(word);
    }
  }
  return line;
}

void add_names(Candidates& candidates, const Line& line, const std::string& target, std::string_view list,
               std::string_view name) {
  Server server{line.server, line.access};
  const auto answer = server.read(target, std::chrono::seconds{1});
  if (!answer) return;
  for (const auto& item : items_at(*answer, list)) candidates.add_name(text_at(item, name));
}

void add_applications(Candidates& candidates, const Line& line) {
  add_names(candidates, line, "/apis/teal/v1/applications", "/items", "/metadata/name");
}

void add_values(Candidates& candidates, const Line& line) {
  const auto& option = *line.pending;
  const auto application = line.positionals.empty() ? std::string{} : line.positionals.front();
  if (option.check_name("--output")) {
    candidates.add_all(formats);
  } else if (option.check_name("--for")) {
    candidates.add_all(goal_names());
  } else if (option.check_name("--role")) {
    candidates.add_all(roles);
  } else if (std::ranges::any_of(std::array{"--filename", "--file", "--token-file", "--certificate", "--key", "--ca"},
                                 [&](const char* name) { return option.check_name(name); })) {
    candidates.add_files();
  } else if (option.check_name("--application") || option.check_name("--applications") ||
             option.check_name("--confirm")) {
    add_applications(candidates, line);
  } else if (option.check_name("--component") && !application.empty()) {
    add_names(candidates, line, application_path(application), "/status/components", "/name");
  } else if (option.check_name("--rollout") && !application.empty()) {
    add_names(candidates, line, "/apis/teal/v1/rollouts?application=" + percent_encode(application), "/items",
              "/metadata/name");
  }
}

void add_tokens(Candidates& candidates, const Line& line) {
  const auto tokens = access::read_tokens_file(line.file, access::TokensOwner::Anyone);
  if (!tokens) return;
  for (const auto& token : *tokens) candidates.add_name(token.name);
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
        return add_names(candidates, line, "/apis/teal/v1/rollouts", "/items", "/metadata/name");
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
  } else if (has_verbs(*line.verb)) {
    for (const auto* verb : line.verb->get_subcommands(nullptr))
      candidates.add(verb->get_name(), verb->get_description());
  } else if (line.verb->get_parent() != &app) {
    if (line.verb->get_name() == "revoke" && line.positionals.empty()) add_tokens(candidates, line);
  } else {
    for (const auto& verb : verbs()) {
      if (verb.name == line.verb->get_name()) add_subjects(candidates, line, verb.subject);
    }
  }
  return candidates.lines();
}

}  // namespace teal::cli
