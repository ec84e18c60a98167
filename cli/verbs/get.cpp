// teal get [applications|rollouts|events] [NAME]
#include <fmt/format.h>

#include <array>

#include "cli/listing.hpp"
#include "cli/verbs.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

struct Resource {
  std::string_view name;
  std::array<std::string_view, 3> aliases;
  TableOf table;
};

constexpr std::array<Resource, 3> kinds_of_resource{
    {{"applications", {"application", "app", "apps"}, table_of_applications},
     {"rollouts", {"rollout", "ro", "ros"}, table_of_rollouts},
     {"events", {"event", "ev", "evs"}, table_of_events}}};

struct GetOptions {
  std::string resource = "applications";
  std::string name;
  std::string application;
};

const Resource* resource_named(std::string_view name) {
  for (const auto& resource : kinds_of_resource) {
    if (resource.name == name) return &resource;
    for (const auto alias : resource.aliases) {
      if (alias == name) return &resource;
    }
  }
  return nullptr;
}

std::string target_of(const Resource& resource, const GetOptions& options) {
  const auto path = fmt::format("/apis/teal/v1/{}", resource.name);
  if (resource.name == "events") {
    // An event has no name of its own worth typing: NAME is the application's.
    const auto& application = options.name.empty() ? options.application : options.name;
    return application.empty() ? path : path + "?application=" + percent_encode(application);
  }
  if (!options.name.empty()) return path + '/' + percent_encode(options.name);
  return options.application.empty() ? path : path + "?application=" + percent_encode(options.application);
}

ExitStatus get(const Context& context, const GetOptions& options) {
  const auto& resource = *resource_named(options.resource);
  const auto answer = context.server.read(target_of(resource, options));
  if (!answer) return fail(context, answer.error());
  print_listing(context, *answer, resource.name, resource.table);
  return ExitStatus::Done;
}

}  // namespace

Handler declare_get(CLI::App& app) {
  auto options = std::make_shared<GetOptions>();
  app.add_option("RESOURCE", options->resource, "applications (the default), rollouts or events")
      ->check([](const std::string& name) {
        return resource_named(name) != nullptr
                   ? std::string{}
                   : fmt::format("{} is no resource; there are applications, rollouts and events", name);
      });
  app.add_option("NAME", options->name, "One application or rollout; for events, the application's name");
  app.add_option("-a,--application", options->application, "Only rollouts and events of this application");
  return [options](Context& context) { return get(context, *options); };
}

}  // namespace teal::cli
