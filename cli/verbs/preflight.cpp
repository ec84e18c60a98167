// teal preflight APP
#include <fmt/format.h>

#include <ostream>
#include <string>

#include "cli/fields.hpp"
#include "cli/presentation/screen.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

// "migration job default, database generator on 127.0.0.1:5432 (migration user migration, application user app)"
std::string heading(const boost::json::value& item) {
  const auto hook = text_at(item, "/hook");
  const auto migration = text_at(item, "/migrationUser");
  const auto application = text_at(item, "/applicationUser");
  auto text = fmt::format("{} {}, {}", hook.empty() ? std::string{"migration job"} : hook + " hook",
                          text_at(item, "/job"), text_at(item, "/database"));
  if (!migration.empty()) text += fmt::format(" (migration user {}, application user {})", migration, application);
  return text;
}

// Failed when something blocks a rollout.
ExitStatus preflight(const Context& context, const std::string& application) {
  const auto answer = context.server.send("POST", application_path(application, "/preflight"));
  if (!answer) return fail(context, answer.error());
  const auto& items = items_at(*answer, "/items");
  const auto& screen = context.screen;
  bool blocked = false;
  std::string out;
  for (const auto& item : items) {
    out += screen.paint(screen.text(heading(item)), Style::Bold) + '\n';
    const auto& findings = items_at(item, "/findings");
    if (findings.empty()) out += fmt::format("  {}\n", screen.paint("nothing to find fault with", Style::Good));
    for (const auto& finding : findings) {
      const bool blocks = text_at(finding, "/blocks") == "true";
      blocked = blocked || blocks;
      out += fmt::format("  {} {}/{}: {}\n", screen.paint(blocks ? "blocks" : "note  ", blocks ? Style::Bad : Style::Attention),
                         screen.text(text_at(finding, "/type")), screen.text(text_at(finding, "/reason")),
                         screen.text(text_at(finding, "/message")));
    }
  }
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else if (items.empty()) {
    context.out << screen.text(application) << ": no migration job or hook names its database: nothing to look at\n";
  } else {
    context.out << out;
  }
  return blocked ? ExitStatus::Failed : ExitStatus::Done;
}

}  // namespace

Handler declare_preflight(CLI::App& app) {
  return [name = application_argument(app)](Context& context) { return preflight(context, *name); };
}

}  // namespace teal::cli
