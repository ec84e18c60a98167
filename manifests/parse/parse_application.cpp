#include "manifests/parse/parse_application.hpp"
#include "manifests/json.hpp"
#include "manifests/parse.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/validate.hpp"

namespace teal {

using yaml::Section;

bool read(const yaml::Field& field, ApplicationSpec& out) {
  Section section{field};
  yaml::read_as_written(section.need("version"), out.version);
  read(section.need("image"), out.image);
  read(section.get("pullPolicy"), out.pull_policy);
  const auto engine = section.get("engine");
  if (read(engine, out.engine) && out.engine.empty())
    engine.error("expected the name of an engine; leave the key out for the first one");
  read(section.get("envFiles"), out.env_files);
  read(section.get("env"), out.env);
  read(section.get("migration"), out.migration);
  read(section.need("components"), out.components);
  read(section.get("rollout"), out.rollout);
  read(section.get("upgradePolicy"), out.upgrade_policy);
  read(section.get("hooks"), out.hooks);
  read(section.get("restartOnChange"), out.restart_on_change);
  read(section.get("suspend"), out.suspend);
  section.finish();
  return section.is_mapping();
}

std::optional<Application> read_application(std::string_view text, yaml::Report& report) {
  const auto root = yaml::load_tree(text, report);
  if (!root) return std::nullopt;
  const auto document = yaml::open_document(*root, "Application", report);
  if (!document) return std::nullopt;
  Application application;
  Section section{*document};
  (void)section.get("apiVersion");
  (void)section.get("kind");
  Section metadata{section.need("metadata")};
  read(metadata.need("name"), application.name);
  read(metadata.get("labels"), application.labels);
  metadata.finish();
  read(section.need("spec"), application.spec);
  section.finish();
  for (auto& problem : validate(application)) {
    // What follows from a value that could not be read is not worth a second error.
    if (!report.has_error(problem.path) && (problem.because.empty() || !report.has_error(problem.because))) {
      report.add(problem.path, std::move(problem.message));
    }
  }
  return application;
}

namespace {

Parsed judged(std::optional<Application> application, std::vector<Diagnostic> diagnostics) {
  if (!diagnostics.empty()) application.reset();
  return {std::move(application), std::move(diagnostics), {}};
}

Parsed with_advice(Parsed parsed, yaml::Report& report) {
  if (!parsed.application) return parsed;
  for (const auto& path : secrets_written_in(*parsed.application)) {
    report.advise(path,
                  "this looks like a secret that is written in the manifest: better read it with {fromFile: …}, "
                  "{fromEnv: …} or {fromExec: […]}");
  }
  parsed.advice = report.take_advice();
  return parsed;
}

}  // namespace

Parsed parse_application(std::string_view text, std::string_view file) {
  yaml::Report report{file};
  auto application = read_application(text, report);
  return with_advice(judged(std::move(application), report.take()), report);
}

Parsed parse_manifest(std::string_view text, std::string_view file) {
  yaml::Report report{file};
  auto application = read_application(text, report);
  return with_advice(judged(std::move(application), report.take_for_everybody("Application")), report);
}

}  // namespace teal
