// teal version [--client]
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <ostream>

#include "cli/build_info.hpp"
#include "cli/verbs.hpp"
#include "manifests/api/version.hpp"
#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::cli {
namespace {

boost::json::object client_version() {
  return wire::encode(objects::VersionObject{std::string{build_version()}, std::string{build_revision()}});
}

void print_release(const Context& context, std::string_view what, const std::string& name, const std::string& version,
                   const std::string& message) {
  const auto says = version.empty() ? fmt::format("not reached: {}", message) : version;
  context.out << fmt::format("  {} {}: {}\n", what, context.screen.text(name), context.screen.text(says));
}

ExitStatus version(const Context& context, bool client_only) {
  const auto line = [&](std::string_view program, const boost::json::value& answer) {
    const auto build = wire::taken<objects::VersionObject>(answer);
    context.out << fmt::format("{:<6} {} ({})\n", program, context.screen.text(build.version),
                               context.screen.text(build.revision));
    for (const auto& engine : build.engines)
      print_release(context, "engine", engine.name, engine.version, engine.message);
    if (!build.load_balancers) return;
    for (const auto& balancer : *build.load_balancers) {
      if (balancer.version)
        print_release(context, "load balancer", balancer.name, *balancer.version, balancer.message.value_or(""));
    }
  };
  const boost::json::value client = client_version();
  if (!is_document(context.format)) line("teal", client);
  boost::json::object document{{"client", client}};
  auto status = ExitStatus::Done;
  if (!client_only) {
    if (auto server = context.server.read("/version", std::chrono::seconds{5}); server) {
      if (!is_document(context.format)) line("teald", *server);
      document["server"] = std::move(*server);
    } else {
      status = fail(context, server.error());
    }
  }
  if (is_document(context.format)) print_document(context, document);
  return status;
}

}  // namespace

Handler declare_version(CLI::App& app) {
  auto client_only = std::make_shared<bool>(false);
  app.add_flag("--client", *client_only, "Only this program's; no daemon is asked");
  return [client_only](Context& context) { return version(context, *client_only); };
}

}  // namespace teal::cli
