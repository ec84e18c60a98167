// teal init [NAME] [--image …] | --from-compose FILE | --from-container NAME…: a first manifest. No daemon is asked.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <ostream>
#include <set>

#include "cli/docker_client.hpp"
#include "cli/init/compose.hpp"
#include "cli/init/containers.hpp"
#include "cli/init/docker_api.hpp"
#include "cli/init/draft.hpp"
#include "cli/init/files.hpp"
#include "cli/init/questions.hpp"
#include "cli/init/teald_config.hpp"
#include "cli/verbs.hpp"
#include "daemon/runtime/trusted_path.hpp"

namespace teal::cli {
namespace {

constexpr std::string_view usual_load_balancer = "edge";
constexpr std::string_view usual_teald_config = "/etc/teal/teald.yaml";
constexpr std::string_view manifests_of_teald = "/etc/teal/manifests";

struct InitOptions {
  Wishes wishes;
  std::string compose;
  std::vector<std::string> services;
  std::vector<std::string> containers;
  std::string docker{default_docker};
  std::string directory;
  std::string config{usual_teald_config};
  bool force = false;
};

// The present folder is taken without being named only where nothing comes of it at once.
Result<std::string> folder_for(const std::string& named) {
  std::error_code failed;
  auto path = std::filesystem::absolute(named.empty() ? "." : named, failed).lexically_normal();
  if (failed) return Error{ErrorCode::invalid, fmt::format("--directory {}: {}", named, failed.message())};
  auto text = path.string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  if (named.empty() && text == manifests_of_teald) {
    return Error{
        ErrorCode::invalid,
        fmt::format("{} is teald's own folder: it would begin at once. Write elsewhere and look at it first, or "
                    "name the folder: --directory .",
                    text)};
  }
  return text;
}

void say_remarks(const Context& context, std::string_view heading, const std::vector<Remark>& remarks) {
  if (remarks.empty()) return;
  context.out.flush();
  context.err << context.screen.paint(heading, Style::Attention) << '\n';
  for (const auto& remark : remarks) context.err << "  - " << context.screen.text(to_string(remark)) << '\n';
}

void say_next(const Context& context, const std::string& name, const Output& output) {
  const auto file = runtime::shell_word(output.manifest);
  const bool is_root = ::geteuid() == 0;
  std::set<std::string> secrets;
  for (const auto& written : output.files) {
    constexpr std::string_view folder = ".secrets/";
    const auto end = written.path.rfind(folder);  // of which all is secret
    if (written.is_secret) {
      secrets.insert(runtime::shell_word(end == std::string::npos ? written.path
                                                                  : written.path.substr(0, end + folder.size() - 1)));
    }
  }
  context.out << context.screen.lines(
      fmt::format("Next, when you have looked at it:\n"
                  "  teal validate {0}\n"
                  "  teal plan -f {0}\n"
                  "{1}"
                  "  {2}cp {0} {3}/\n"
                  "  teal wait {4} --for Complete --timeout 10m\n",
                  file, is_root ? std::string{} : fmt::format("  sudo chown -R teal: {}\n", fmt::join(secrets, " ")),
                  is_root ? "" : "sudo ", manifests_of_teald, name));
}

// Whether the load balancer of its first served component is one that teald manages.
std::optional<bool> managed_for(const Draft& draft, const TealdConfig& config) {
  for (const auto& part : draft.components) {
    if (part.component.load_balancer) return config.manages(part.component.load_balancer->name);
  }
  return std::nullopt;
}

bool can_ask(const Context& context) { return ::isatty(STDIN_FILENO) != 0 && context.screen.terminal; }

// A machine without a teald.yaml gets one beside the manifest; it is not put in its place unasked.
void add_config(const std::string& folder, const InitOptions& options, std::vector<OutputFile>& files) {
  OutputFile file{folder + "/teald.yaml", first_teald_config()};
  if (already_there({file}).empty() || options.force) files.push_back(std::move(file));
}

void say_next_of_config(const Context& context, const std::string& folder, const std::string& config) {
  const auto written = runtime::shell_word(folder + "/teald.yaml");
  context.out << context.screen.lines(
      fmt::format("There is no {0} on this machine. {1} is one, with a HAProxy that teald keeps on ports 80 and 443; "
                  "look at it, then:\n"
                  "  {2}install -D -m 640 -g teal {1} {3}\n"
                  "  {2}systemctl enable --now teald teal-edge\n",
                  config, written, ::geteuid() == 0 ? "" : "sudo ", runtime::shell_word(config)));
}

// All of them or none. `left`: what is in none of them.
ExitStatus write_drafts(const Context& context, const InitOptions& options, const TealdConfig& config,
                        std::vector<Draft> drafts, const std::vector<Remark>& left) {
  const auto folder = folder_for(options.directory);
  if (!folder) return fail(context, folder.error());
  for (auto& draft : drafts) draft.managed = managed_for(draft, config);
  std::vector<Output> outputs;
  std::vector<OutputFile> files;
  for (const auto& draft : drafts) {
    auto output = output_of(draft, *folder);
    if (!output) return fail(context, within(draft.name, output.error()));
    files.insert(files.end(), output->files.begin(), output->files.end());
    outputs.push_back(std::move(*output));
  }
  if (!config.is_there) add_config(*folder, options, files);
  const auto there = already_there(files);
  bool replace = options.force;
  if (!replace && !there.empty() && can_ask(context)) {
    const auto question = fmt::format("Replace {}", context.screen.text(fmt::format("{}", fmt::join(there, ", "))));
    replace = ask_whether(question, false, context.in, context.out);
  }
  if (const auto written = write_files(files, replace); !written) return fail(context, written.error());
  for (const auto& file : files) context.out << "wrote " << context.screen.text(file.path) << '\n';
  for (const auto& output : outputs) say_remarks(context, "Look at this:", output.remarks);
  say_remarks(context, "Not taken over:", left);
  if (!config.is_there) say_next_of_config(context, *folder, options.config);
  for (std::size_t i = 0; i < outputs.size(); ++i) say_next(context, drafts[i].name, outputs[i]);
  return ExitStatus::Done;
}

std::optional<std::string> own_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::string usual_balancer_of(const TealdConfig& config) {
  return config.load_balancers.empty() ? std::string{usual_load_balancer} : config.load_balancers.front().name;
}

ExitStatus write_assembled(const Context& context, const InitOptions& options, std::vector<Service> services,
                           Assembly assembly, std::vector<Remark> remarks) {
  const auto config = look_at_teald_config(options.config);
  assembly.wishes = options.wishes;
  if (!options.wishes.name.empty()) assembly.name = options.wishes.name;
  assembly.usual_load_balancer = usual_balancer_of(config);
  const auto assembled = assemble(std::move(services), assembly);
  if (!assembled) {
    say_remarks(context, "Not taken over:", remarks);
    return fail(context, assembled.error());
  }
  remarks.insert(remarks.end(), assembled->left.begin(), assembled->left.end());
  return write_drafts(context, options, config, assembled->drafts, remarks);
}

ExitStatus from_compose(const Context& context, const InitOptions& options) {
  auto composition = read_compose(options.compose, options.services, own_variable);
  if (!composition) return fail(context, composition.error());
  Assembly assembly;
  assembly.name = composition->project;
  assembly.from = std::filesystem::path{options.compose}.filename().string();
  return write_assembled(context, options, std::move(composition->services), std::move(assembly),
                         std::move(composition->remarks));
}

ExitStatus from_containers(const Context& context, const InitOptions& options) {
  const auto inspected = inspect(options.docker, options.containers);
  if (!inspected) return fail(context, inspected.error());
  auto services = services_of(*inspected);
  if (!services) return fail(context, services.error());
  Assembly assembly;
  assembly.name = project_of(*inspected);
  if (assembly.name.empty() && services->size() == 1) assembly.name = services->front().name;
  assembly.from = options.containers.size() == 1 ? "container " + options.containers.front() : "containers";
  return write_assembled(context, options, std::move(*services), std::move(assembly), {});
}

ExitStatus init(const Context& context, InitOptions options) {
  if (!options.compose.empty()) return from_compose(context, options);
  if (!options.containers.empty()) return from_containers(context, options);
  const auto config = look_at_teald_config(options.config);
  const auto usual = usual_balancer_of(config);
  if (can_ask(context)) {
    auto answered = ask(std::move(options.wishes), usual, context.in, context.out, context.screen);
    if (!answered) return fail(context, answered.error());
    options.wishes = std::move(*answered);
  } else if (const auto complete = check_complete(options.wishes); !complete) {
    return fail(context, complete.error());
  }
  return write_drafts(context, options, config, {draft_of(options.wishes, usual)}, {});
}

}  // namespace

Handler declare_init(CLI::App& app) {
  auto options = std::make_shared<InitOptions>();
  auto& wishes = options->wishes;
  app.footer("On a terminal it asks for what is missing.");
  app.add_option("NAME", wishes.name, "The application's name")->check(check_application_name);
  app.add_option("--image", wishes.image, "Image to run, with the tag of a release: registry.example/shop:1.0")
      ->check(check_image);
  app.add_option("--port", wishes.port, "Port that it listens on in its container; without: a worker")
      ->check(check_port);
  app.add_option("--health", wishes.health, "Path that answers 200 when it can serve; default: /")
      ->check(check_health_path);
  app.add_option("--host", wishes.host, "Host whose requests it gets: shop.example.com")->check(check_host);
  app.add_option("--replicas", wishes.replicas, "How many; default: 2 with a port, else 1")->check(check_replicas);
  app.add_option("--load-balancer", wishes.load_balancer, "Its name in teald.yaml, or none; default: edge")
      ->check(check_load_balancer);
  app.add_option("--migrate", wishes.migrate,
                 "Command that migrates its database, before each upgrade and once: \"./upgrade_schema.sh upgrade\"")
      ->check(check_command);
  auto* compose =
      app.add_option("--from-compose", options->compose, "Write what this file of Docker Compose describes");
  app.add_option("--service", options->services, "Only these services of it")->needs(compose);
  auto* container = app.add_option("--from-container", options->containers, "Write what these containers are");
  app.add_option("--docker", options->docker, fmt::format("Where they run; default: {}", default_docker))
      ->needs(container);
  compose->excludes(container)->excludes("--image")->excludes("--port");
  container->excludes("--image")->excludes("--port");
  app.add_option("--directory", options->directory, "Where to write; default: the present folder");
  app.add_option(
      "--config", options->config,
      fmt::format("teald's configuration; where there is none, one is written too; default: {}", usual_teald_config));
  app.add_flag("--force", options->force, "Replace files that are there");
  return [options](Context& context) { return init(context, *options); };
}

}  // namespace teal::cli
