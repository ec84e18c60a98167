#include "manifests/parse/parse_application.hpp"

#include "manifests/parse/described.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/parse/parse.hpp"
#include "manifests/validate/validate.hpp"
#include "manifests/wire/application.hpp"
#include "manifests/wire/json.hpp"

namespace teal::yaml {

std::optional<spec::Application> read_application(std::string_view text, Report& report) {
  const auto root = yaml::load_tree(text, report);
  if (!root) return std::nullopt;
  const auto document = yaml::open_document(*root, "Application", report);
  if (!document) return std::nullopt;
  spec::Application application;
  yaml::read(*document, application);
  for (auto& problem : rules::validate(application)) {
    // What follows from a value that could not be read is not worth a second error.
    if (!report.has_error(problem.path) && (problem.because.empty() || !report.has_error(problem.because))) {
      report.add(problem.path, std::move(problem.message));
    }
  }
  return application;
}

namespace {

Parsed judged(std::optional<spec::Application> application, std::vector<spec::Diagnostic> diagnostics) {
  if (!diagnostics.empty()) application.reset();
  return {std::move(application), std::move(diagnostics), {}};
}

Parsed with_advice(Parsed parsed, Report& report) {
  if (!parsed.application) return parsed;
  for (const auto& path : wire::secrets_written_in(*parsed.application)) {
    report.advise(path,
                  "this looks like a secret that is written in the manifest: better read it with {fromFile: …}, "
                  "{fromEnv: …} or {fromExec: […]}");
  }
  parsed.advice = report.take_advice();
  return parsed;
}

}  // namespace

Parsed parse_application(std::string_view text, std::string_view file) {
  Report report{file};
  auto application = read_application(text, report);
  return with_advice(judged(std::move(application), report.take()), report);
}

Parsed parse_manifest(std::string_view text, std::string_view file) {
  Report report{file};
  auto application = read_application(text, report);
  return with_advice(judged(std::move(application), report.take_for_everybody("Application")), report);
}

}  // namespace teal::yaml
