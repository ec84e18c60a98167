// teal doctor [--config FILE]: what a newcomer gets wrong, and what to type. Works without a teald.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "cli/doctor/examine.hpp"
#include "cli/doctor/gather.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

boost::json::object diagnosis(const std::vector<Finding>& findings) {
  boost::json::array items;
  for (const auto& finding : findings) {
    boost::json::object item{{"severity", to_string(finding.severity)},
                             {"check", boost::json::string_view{finding.what}},
                             {"message", boost::json::string_view{finding.says}}};
    if (!finding.fix.empty()) item["do"] = boost::json::string_view{finding.fix};
    if (!finding.more.empty()) {
      boost::json::array details;
      for (const auto& line : finding.more) details.emplace_back(boost::json::string_view{line});
      item["details"] = std::move(details);
    }
    items.push_back(std::move(item));
  }
  return {{"apiVersion", "teal/v1"}, {"kind", "Diagnosis"}, {"items", std::move(items)}};
}

void print_finding(const Context& context, const Finding& finding) {
  const auto& screen = context.screen;
  const auto style = finding.severity == Severity::Problem   ? Style::Bad
                     : finding.severity == Severity::Warning ? Style::Attention
                                                             : Style::Good;
  context.out << screen.paint(fmt::format("{:<7}", to_string(finding.severity)), style)
              << fmt::format("  {}: {}\n", screen.text(finding.what), screen.text(finding.says));
  for (const auto& line : finding.more) context.out << "           | " << screen.text(line) << '\n';
  if (!finding.fix.empty()) context.out << "         do: " << screen.text(finding.fix) << '\n';
}

ExitStatus doctor(const Context& context, const std::string& config) {
  const auto findings = examine(gather(config, context.server), now());
  const auto problems = std::ranges::count(findings, Severity::Problem, &Finding::severity);
  if (is_document(context.format)) {
    print_document(context, diagnosis(findings));
  } else {
    for (const auto& finding : findings) print_finding(context, finding);
  }
  return problems == 0 ? ExitStatus::Done : ExitStatus::Failed;
}

}  // namespace

Handler declare_doctor(CLI::App& app) {
  auto config = std::make_shared<std::string>("/etc/teal/teald.yaml");
  app.add_option("--config", *config, "teald's configuration; default: /etc/teal/teald.yaml");
  app.footer("Exit status 1 when it finds a problem. Run it as root (sudo), or it cannot look everywhere.");
  return [config](Context& context) { return doctor(context, *config); };
}

}  // namespace teal::cli
