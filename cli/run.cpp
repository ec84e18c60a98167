#include "cli/run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "cli/build_info.hpp"
#include "cli/complete.hpp"
#include "cli/verb.hpp"
#include "manifests/foundation/nearest.hpp"

namespace teal::cli {
namespace {

struct Settings {
  std::string server;
  std::string format = "table";
  Access access;
};

constexpr std::string_view exit_statuses =
    "Exit status: 0 done; 1 it failed, was refused, or the server is not trusted or is not teald; 2 bad usage or "
    "bad\n"
    "file; 3 no daemon: nobody answers; 4 timed out.";

constexpr std::string_view examples = R"(Examples:
  teal status                     all applications: version, phase, replicas
  teal status shop --watch        one of them as a tree, redrawn as it changes
  teal plan -f shop.yaml          what this manifest would do, step by step
  teal apply -f shop.yaml         do it
  teal wait shop --timeout 10m    until its rollout is complete; 1 if it fails
  teal logs shop --migration      what the migration said
  teal rollback shop              back to the revision before

`teal help COMMAND` says what a command takes.)";

// The commands stand before the options, since they are what one looks for first.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    label("SUBCOMMAND", "COMMAND");
    label("REQUIRED", "(required)");
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    const auto groups = CLI::detail::find_and_replace(make_groups(app, mode), "\n\n\n", "\n\n");
    return make_description(app) + make_usage(app, std::move(name)) + make_positionals(app) +
           make_subcommands(app, mode) + groups + '\n' + make_footer(app);
  }
};

std::string not_empty(const std::string& text) {
  return text.empty() ? std::string{"must not be empty"} : std::string{};
}

// The options that stand on either side of the verb.
void declare_settings(CLI::App& options, Settings& settings) {
  const std::string connection = "To reach teald";
  options.set_help_flag("-h,--help", "Print this help");
  options.add_option("-o,--output", settings.format, "How to print: table (the default), wide, json or yaml")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "wide", "json", "yaml"}).description(""));
  options
      .add_option("--server", settings.server,
                  fmt::format("Where teald listens: unix:///path or http[s]://host:port; default: TEAL_SERVER, then {}",
                              default_server))
      ->group(connection)
      ->check(not_empty);
  auto& access = settings.access;
  options
      .add_option("--token-file", access.token_file,
                  "File that holds the token to show, for one's own eyes only; default: the token in TEAL_TOKEN")
      ->group(connection)
      ->check(not_empty);
  options.add_option("--certificate", access.certificate, "Certificate to show (https), PEM; with --key")
      ->group(connection)
      ->check(not_empty);
  options.add_option("--key", access.key, "Key of --certificate, PEM")->group(connection)->check(not_empty);
  options.add_option("--ca", access.ca, "CA certificates to verify the server with, PEM; default: the system's")
      ->group(connection)
      ->check(not_empty);
}

std::string server_url(const Settings& settings) {
  if (!settings.server.empty()) return settings.server;
  const char* named = std::getenv("TEAL_SERVER");
  return named != nullptr && *named != '\0' ? named : std::string{default_server};
}

std::vector<std::string> names_of_verbs(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(verb->get_name());
  return names;
}

// "teal", "teal status", "teal token create": as far as it was understood.
const CLI::App& innermost(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.front());
}

// CLI11 only says that a verb is missing, whatever stands in its place.
std::string verb_trouble(const CLI::App& program) {
  auto names = names_of_verbs(program);
  const bool is_teal = program.get_parent() == nullptr;
  const auto rest = program.remaining();
  const auto word = rest.empty() ? std::string{} : rest.front();
  if (word.starts_with('-')) return fmt::format("there is no option {} before the command", word);
  if (word.empty() && is_teal) return "a command is missing";
  const auto known = fmt::format("{}", fmt::join(names, ", "));
  if (word.empty()) return fmt::format("what to do with a {} is missing; there are {}", program.get_name(), known);
  if (!is_teal) {
    return fmt::format("unknown command {} {}{}; there are {}", program.get_name(), word, suggestion(word, names),
                       known);
  }
  names.emplace_back("help");
  return fmt::format("unknown command {}{}", word, suggestion(word, names));
}

ExitStatus report(const CLI::ParseError& error, const CLI::App& app, const Streams& streams, const Screen& screen) {
  if (error.get_exit_code() == 0) {  // --help and --version are no errors
    app.exit(error, streams.out, streams.err);
    return ExitStatus::Done;
  }
  const auto& program = innermost(app);
  const bool wants_verb = !names_of_verbs(program).empty();
  const bool no_verb = wants_verb && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  std::string name;
  for (const auto* each = &program; each != nullptr; each = each->get_parent()) {
    name = each->get_name() + (name.empty() ? "" : " ") + name;
  }
  streams.err << "error: " << screen.lines(no_verb ? verb_trouble(program) : std::string{error.what()})
              << "\nSee: " << name << " --help\n";
  return ExitStatus::BadUsage;
}

// `teal help [VERB]` is what the verb's --help says. Of a verb that is not there CLI11 would print the help of all.
std::vector<std::string> without_help_verb(std::vector<std::string> words) {
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  const bool known = words.empty() || words.front() == "help" || words.front().starts_with('-') ||
                     std::ranges::find(verbs(), words.front(), &Verb::name) != verbs().end();
  if (!known) return {words.front()};
  if (!words.empty() && words.front() == "help") words.clear();
  words.emplace_back("--help");
  return words;
}

struct CommandLine {
  Settings settings;
  CLI::App app{"Teal: applications from one version to the next, without a lost request", "teal"};
  std::vector<std::pair<CLI::App*, Handler>> handlers;

  CommandLine() {
    declare_settings(app, settings);
    app.set_version_flag("--version", fmt::format("teal {} ({})", build_version(), build_revision()));
    app.require_subcommand(1);
    app.formatter(std::make_shared<HelpFormatter>());  // the commands take it over, and the footer
    app.footer(std::string{exit_statuses});
    for (const auto& verb : verbs()) {
      auto* options = app.add_subcommand(std::string{verb.name}, std::string{verb.summary});
      handlers.emplace_back(options, verb.declare(*options));
      options->group(std::string{verb.group});  // now, or its own commands would take it over
      declare_settings(*options, settings);
    }
    app.footer(fmt::format("{}\n\n{}", examples, exit_statuses));
  }
};

}  // namespace

ExitStatus run(const std::vector<std::string>& arguments, const Streams& streams, const Screen& screen) {
  CommandLine line;
  if (!arguments.empty() && arguments.front() == complete_verb) {
    const std::vector<std::string> words{arguments.begin() + 1, arguments.end()};
    streams.out << complete(line.app, words, server_url(line.settings));
    return ExitStatus::Done;
  }
  if (arguments.empty()) {
    streams.out << line.app.help();
    return ExitStatus::Done;
  }
  try {
    auto words = without_help_verb(arguments);
    std::ranges::reverse(words);  // CLI11 takes them last first
    line.app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return report(error, line.app, streams, screen);
  }
  line.settings.access.warn = [&](const std::string& warning) {
    streams.err << "warning: " << screen.lines(warning) << '\n';
  };
  Server server{server_url(line.settings), line.settings.access};
  Context context{streams.in, streams.out, streams.err, screen, *format_named(line.settings.format), server};
  const auto chosen = std::ranges::find_if(line.handlers, [](const auto& each) { return each.first->parsed(); });
  const auto status = chosen->second(context);
  if (!context.out.flush()) return fail(context, ExitStatus::Failed, "cannot write to standard output");
  return status;
}

}  // namespace teal::cli
