// teal plan APP | -f FILE
#include <ostream>

#include "cli/manifest_files.hpp"
#include "cli/plan_text.hpp"
#include "cli/verbs.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::cli {
namespace {

struct PlanOptions {
  std::string name;
  std::string file;
};

ExitStatus plan(const Context& context, PlanOptions options) {
  if (options.name.empty() == options.file.empty()) {
    return fail(context, ExitStatus::BadUsage,
                "name either an application or a file: teal plan APP, or teal plan -f FILE");
  }
  Content candidate;
  if (!options.file.empty()) {
    const auto files = read_manifests({options.file}, context.in);
    if (!files) return fail(context, files.error());
    if (!report_diagnostics(context, *files)) return ExitStatus::BadUsage;
    report_advice(context, *files);
    if (files->size() != 1) {
      return fail(context, ExitStatus::BadUsage, "one file at a time: " + options.file + " holds several");
    }
    options.name = files->front().parsed.application->name;
    candidate = {"application/yaml", files->front().text};
  }
  const auto answer = context.server.send("POST", application_path(options.name, "/plan"), std::move(candidate));
  if (!answer) return fail(context, answer.error());
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else {
    context.out << render_plan(wire::taken<objects::Plan>(*answer), context.format == Format::Wide, context.screen);
  }
  return ExitStatus::Done;
}

}  // namespace

Handler declare_plan(CLI::App& app) {
  auto options = std::make_shared<PlanOptions>();
  app.add_option("APP", options->name, "The application, with the spec that is in force");
  app.add_option("-f,--filename", options->file, "A manifest that is not in force yet; - for standard input");
  return [options](Context& context) { return plan(context, *options); };
}

}  // namespace teal::cli
