// teal validate FILE…
//
// The files are looked at together, and beside the applications of a teald that answers: what belongs to one of those
// is refused to another here as it would be there, and so is a load balancer that its teald.yaml does not have. Without
// a teald that is left out.
//
// A feature that this release does not roll out yet counts as wrong here too (2): the daemon would refuse it. A secret
// that is written in a manifest does not: it is said on standard error what would be better.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <ostream>

#include "cli/fields.hpp"
#include "cli/manifest_files.hpp"
#include "cli/verbs.hpp"
#include "manifests/api/application.hpp"
#include "manifests/api/version.hpp"
#include "manifests/validate/exclusive_resources.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::cli {
namespace {

boost::json::array as_list(const std::vector<spec::Diagnostic>& found) {
  boost::json::array list;
  for (const auto& each : found) {
    list.push_back(boost::json::object{{"line", each.line},
                                       {"column", each.column},
                                       {"path", boost::json::string_view{each.path}},
                                       {"message", boost::json::string_view{each.message}}});
  }
  return list;
}

boost::json::object as_document(const ManifestFile& file) {
  boost::json::array unsupported;
  for (const auto& each : file.unsupported) unsupported.emplace_back(boost::json::string_view{each});
  return {{"file", boost::json::string_view{file.file}},
          {"valid", file.parsed.diagnostics.empty()},
          {"diagnostics", as_list(file.parsed.diagnostics)},
          {"advice", as_list(file.parsed.advice)},
          {"unsupported", std::move(unsupported)}};
}

constexpr auto longest_look = std::chrono::seconds{5};

// Of the applications that run; nothing when nobody tells.
std::vector<spec::Application> applications_of_teald(const Context& context) {
  std::vector<spec::Application> applications;
  const auto answer = context.server.read("/apis/teal/v1/applications", longest_look);
  if (!answer) return applications;
  for (const auto& item : items_at(*answer, "/items")) {
    auto object = wire::taken<objects::ApplicationObject>(item);
    applications.push_back({object.metadata.name, {}, std::move(object.spec)});
  }
  return applications;
}

void refuse_what_belongs_to_others(const Context& context, std::vector<ManifestFile>& files) {
  rules::ExclusiveResources belongings;
  const auto is_ours = [&](const spec::Application& application) {
    return std::ranges::any_of(files, [&](const ManifestFile& file) {
      return file.parsed.application && file.parsed.application->name == application.name;
    });
  };
  for (const auto& application : applications_of_teald(context)) {
    if (!is_ours(application)) static_cast<void>(belongings.claim(application));
  }
  for (auto& file : files) {
    if (!file.parsed.application) continue;
    auto taken = belongings.claim(*file.parsed.application);
    if (!taken) continue;
    file.parsed.diagnostics.push_back({file.file, 1, 1, "", std::move(*taken)});
    file.parsed.application.reset();
  }
}

// What teald.yaml has, of the teald that answers; nothing when nobody tells.
std::optional<rules::Places> places_of_teald(const Context& context) {
  const auto answer = context.server.read("/version", longest_look);
  if (!answer) return std::nullopt;
  const auto build = wire::taken<objects::VersionObject>(*answer);
  if (!build.load_balancers) return std::nullopt;  // an older one
  rules::Places places;
  for (const auto& each : *build.load_balancers) places.load_balancers[each.name].takes_routes = each.takes_routes;
  return places;
}

ExitStatus validate(const Context& context, const std::vector<std::string>& paths) {
  const auto places = places_of_teald(context);
  auto files = read_manifests(paths, context.in, places ? &*places : nullptr);
  if (!files) return fail(context, files.error());
  refuse_what_belongs_to_others(context, *files);
  bool good = std::ranges::all_of(*files, [](const ManifestFile& file) { return file.unsupported.empty(); });
  if (is_document(context.format)) {
    boost::json::array documents;
    for (const auto& file : *files) {
      documents.emplace_back(as_document(file));
      good = good && file.parsed.diagnostics.empty();
    }
    print_document(context, documents);
    return good ? ExitStatus::Done : ExitStatus::BadUsage;
  }
  good = report_diagnostics(context, *files) && good;
  report_advice(context, *files);
  for (const auto& file : *files) {
    if (!file.parsed.application || !file.unsupported.empty()) continue;
    const auto& application = *file.parsed.application;
    context.out << context.screen.text(fmt::format("{}: ok, application {} version {}", file.file, application.name,
                                                   application.spec.version))
                << '\n';
  }
  return good ? ExitStatus::Done : ExitStatus::BadUsage;
}

}  // namespace

Handler declare_validate(CLI::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  app.add_option("FILE", *paths, "Manifest files; a directory stands for its *.yaml and *.yml, - for standard input")
      ->required();
  return [paths](Context& context) { return validate(context, *paths); };
}

}  // namespace teal::cli
