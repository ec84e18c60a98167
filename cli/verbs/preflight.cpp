// teal preflight APP
#include <ostream>

#include "cli/fields.hpp"
#include "cli/presentation/table.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

// Failed when something blocks a rollout.
ExitStatus preflight(const Context& context, const std::string& application) {
  const auto answer = context.server.send("POST", application_path(application, "/preflight"));
  if (!answer) return fail(context, answer.error());
  const auto& items = items_at(*answer, "/items");
  bool blocked = false;
  Table table{{"JOB", "DATABASE", "BLOCKS", "CONDITION", "REASON", "MESSAGE"}};
  for (const auto& item : items) {
    const auto& findings = items_at(item, "/findings");
    const auto job = text_at(item, "/job");
    const auto database = text_at(item, "/database");
    if (findings.empty()) table.add({{job}, {database}, {"no"}, {"Preflight"}, {"NoFindings"}, {"it is fit"}});
    for (const auto& finding : findings) {
      const bool blocks = text_at(finding, "/blocks") == "true";
      blocked = blocked || blocks;
      table.add({{job},
                 {database},
                 {blocks ? "yes" : "no", blocks ? Style::Bad : Style::Plain},
                 {text_at(finding, "/type")},
                 {text_at(finding, "/reason")},
                 {text_at(finding, "/message")}});
    }
  }
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else if (items.empty()) {
    context.out << context.screen.text(application) << ": no migration job names its database: nothing to look at\n";
  } else {
    context.out << table.render(context.screen);
  }
  return blocked ? ExitStatus::Failed : ExitStatus::Done;
}

}  // namespace

Handler declare_preflight(CLI::App& app) {
  return [name = application_argument(app)](Context& context) { return preflight(context, *name); };
}

}  // namespace teal::cli
