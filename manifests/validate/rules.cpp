#include "manifests/validate/rules.hpp"

#include <set>

#include "manifests/parse/report.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::rules {
namespace {

constexpr Duration longest = std::chrono::hours{24 * 30};
constexpr std::size_t longest_word = 65'536;  // bytes

}  // namespace

void Rules::range(int value, int least, int most, const std::string& path) {
  if (value < least || value > most)
    problem(path, fmt::format("{} is out of range: expected {} to {}", value, least, most));
}

void Rules::duration(Duration value, Duration least, const std::string& path) {
  if (value < least || value > longest) {
    problem(path, fmt::format("{} is out of range: expected {} to {}", format_duration(value), format_duration(least),
                              format_duration(longest)));
  }
}

void Rules::count(std::size_t size, std::size_t most, const std::string& path) {
  if (size > most) problem(path, fmt::format("{} entries: expected at most {}", size, most));
}

void Rules::source(const spec::ValueSource& source, const std::string& path) {
  switch (source.kind) {
    case spec::ValueSource::Kind::Literal:
      return;
    case spec::ValueSource::Kind::File:
      return require(
          spec::is_absolute_path(source.text) || spec::is_credential_name(source.text), path + ".fromFile",
          "expected an absolute path without \"..\", or the name of a systemd credential of teald's service");
    case spec::ValueSource::Kind::Environment:
      return require(spec::is_variable_name(source.text), path + ".fromEnv",
                     "expected the name of an environment variable: letters, digits, _ . -, no digit first");
    case spec::ValueSource::Kind::Exec:
      require(!source.command.empty(), path + ".fromExec", "expected a command: a list with at least the program");
      command(source.command, path + ".fromExec");
      environment(source.env, path + ".env");
      for (const auto& [name, value] : source.env) {
        require(value.kind != spec::ValueSource::Kind::Exec, yaml::child_path(path + ".env", name),
                "a program's environment does not come from another program: expected text, {fromFile: …} or "
                "{fromEnv: …}");
      }
  }
}

void Rules::environment(const spec::Environment& environment, const std::string& path) {
  count(environment.size(), 1000, path);
  for (const auto& [name, value] : environment) {
    const auto where = yaml::child_path(path, name);
    require(spec::is_variable_name(name), where,
            "not a variable's name: expected letters, digits, _ . -, no digit first");
    source(value, where);
  }
}

void Rules::command(const std::vector<std::string>& command, const std::string& path) {
  count(command.size(), 1000, path);
  if (!command.empty()) require(!command.front().empty(), path + "[0]", "expected a program, found empty text");
  for (std::size_t i = 0; i < command.size(); ++i) {
    require(command[i].size() <= longest_word, fmt::format("{}[{}]", path, i), "an argument has at most 65536 bytes");
  }
}

void Rules::mounts(const std::vector<spec::Mount>& mounts, const std::string& path) {
  std::set<std::string> targets;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const auto where = fmt::format("{}[{}]", path, i);
    require(mounts[i].target != "/", where + ".target", "expected an absolute path other than /");
    if (spec::is_mount_path(mounts[i].target) && !targets.insert(mounts[i].target).second)
      problem(where + ".target", "another mount has this target already");
  }
}

}  // namespace teal::rules
