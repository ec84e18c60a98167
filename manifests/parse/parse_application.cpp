#include "manifests/parse/parse_application.hpp"

#include <algorithm>
#include <iterator>

#include "manifests/foundation/text.hpp"
#include "manifests/parse/described.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/parse/parse.hpp"
#include "manifests/validate/validate.hpp"
#include "manifests/wire/application.hpp"
#include "manifests/wire/json.hpp"

namespace teal::yaml {

std::optional<spec::Application> read_application(std::string_view text, Report& report, const rules::Places* places) {
  const auto root = yaml::load_tree(text, report);
  if (!root) return std::nullopt;
  const auto document = yaml::open_document(*root, "Application", report);
  if (!document) return std::nullopt;
  spec::Application application;
  yaml::read(*document, application);
  spec::fill_defaults(application);
  auto problems = rules::validate(application);
  if (places != nullptr) std::ranges::move(rules::place_problems(application, *places), std::back_inserter(problems));
  for (auto& problem : problems) {
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

// ${NAME}, ${NAME:-default}: what Compose would replace.
bool holds_reference(std::string_view text) {
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const auto name = text.substr(at + 2);
    const bool named = !name.empty() && (is_letter(name.front()) || name.front() == '_');
    if (named && name.find('}') != std::string_view::npos) return true;
  }
  return false;
}

void advise_on_references(const spec::Environment& env, const std::string& path, Report& report) {
  for (const auto& [name, source] : env) {
    if (source.kind != spec::ValueSource::Kind::Literal || !holds_reference(source.text)) continue;
    report.advise(
        child_path(path, name),
        "${…} is not replaced in a manifest, as Compose would do: the container gets it as it stands. If that "
        "is not meant, write the value, or {fromEnv: …} for a variable of teald's");
  }
}

void advise_on_references(const spec::Application& application, Report& report) {
  advise_on_references(application.spec.env, "spec.env", report);
  for (std::size_t i = 0; i < application.spec.components.size(); ++i) {
    advise_on_references(application.spec.components[i].env, item_path("spec.components", i) + ".env", report);
  }
}

Parsed with_advice(Parsed parsed, Report& report) {
  if (!parsed.application) return parsed;
  for (const auto& path : wire::secrets_written_in(*parsed.application)) {
    report.advise(path,
                  "this looks like a secret that is written in the manifest: better read it with {fromFile: …}, "
                  "{fromEnv: …} or {fromExec: […]}");
  }
  advise_on_references(*parsed.application, report);
  parsed.advice = report.take_advice();
  return parsed;
}

}  // namespace

Parsed parse_application(std::string_view text, std::string_view file) {
  Report report{file};
  auto application = read_application(text, report);
  return with_advice(judged(std::move(application), report.take()), report);
}

Parsed parse_manifest(std::string_view text, std::string_view file, const rules::Places* places) {
  Report report{file};
  auto application = read_application(text, report, places);
  return with_advice(judged(std::move(application), report.take_for_everybody("Application")), report);
}

}  // namespace teal::yaml
