// teal validate FILE…
//
// A feature that this release does not roll out yet counts as wrong here too (2): the daemon would refuse it. A secret
// that is written in a manifest does not: it is said on standard error what would be better.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "cli/manifest_files.hpp"
#include "cli/verbs.hpp"

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

ExitStatus validate(const Context& context, const std::vector<std::string>& paths) {
  const auto files = read_manifests(paths, context.in);
  if (!files) return fail(context, files.error());
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
