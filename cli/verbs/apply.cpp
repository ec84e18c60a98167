// teal apply -f FILE [--dry-run] [--reason TEXT]
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "cli/manifest_files.hpp"
#include "cli/reason.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

struct ApplyOptions {
  std::vector<std::string> files;
  bool dry_run = false;
  std::shared_ptr<std::string> reason;
};

ExitStatus apply(const Context& context, const ApplyOptions& options) {
  const auto files = read_manifests(options.files, context.in);
  if (!files) return fail(context, files.error());
  // All or nothing, as far as we can see from here.
  if (!report_diagnostics(context, *files)) return ExitStatus::BadUsage;
  auto status = ExitStatus::Done;
  boost::json::array answers;
  for (const auto& file : *files) {
    const auto& application = *file.parsed.application;
    const auto path = application_path(application.name, options.dry_run ? "?dryRun=All" : "");
    auto answer = context.server.send("PUT", with_reason(path, *options.reason), {"application/yaml", file.text});
    if (!answer) {
      status = fail(context, within(file.file, answer.error()));
      if (status == ExitStatus::NoDaemon) break;  // the others would fare no better
      continue;
    }
    if (is_document(context.format)) {
      answers.push_back(std::move(*answer));
    } else {
      context.out << context.screen.text(fmt::format("{} {}: version {}", application.name,
                                                     options.dry_run ? "would be applied" : "applied",
                                                     application.spec.version))
                  << '\n';
    }
  }
  if (answers.size() == 1) print_document(context, answers.front());
  if (answers.size() > 1) print_document(context, boost::json::object{{"kind", "List"}, {"items", std::move(answers)}});
  return status;
}

}  // namespace

Handler declare_apply(CLI::App& app) {
  auto options = std::make_shared<ApplyOptions>();
  app.add_option("-f,--filename", options->files,
                 "Manifest files; a directory stands for its *.yaml and *.yml, - for standard input")
      ->required();
  app.add_flag("--dry-run", options->dry_run, "Let teald check them; nothing is changed");
  options->reason = reason_option(app);
  return [options](Context& context) { return apply(context, *options); };
}

}  // namespace teal::cli
