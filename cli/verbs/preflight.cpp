// teal preflight APP
#include <fmt/format.h>

#include <ostream>
#include <string>

#include "cli/presentation/screen.hpp"
#include "cli/verbs.hpp"
#include "manifests/api/database.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::cli {
namespace {

// "migration job default, database generator on 127.0.0.1:5432 (migration user migration, application user app)"
std::string heading(const objects::PreflightObject::Item& item) {
  if (!item.load_balancer.empty()) return "load balancer " + item.load_balancer;
  auto text =
      fmt::format("{} {}, {}", item.hook.empty() ? "migration job" : item.hook + " hook", item.job, item.database);
  if (!item.migration_user.empty()) {
    text += fmt::format(" (migration user {}, application user {})", item.migration_user, item.application_user);
  }
  return text;
}

// Failed when something blocks a rollout.
ExitStatus preflight(const Context& context, const std::string& application) {
  const auto answer = context.server.send("POST", application_path(application, "/preflight"));
  if (!answer) return fail(context, answer.error());
  const auto items = wire::taken<objects::PreflightObject>(*answer).items;
  const auto& screen = context.screen;
  bool blocked = false;
  std::string out;
  for (const auto& item : items) {
    out += screen.paint(screen.text(heading(item)), Style::Bold) + '\n';
    if (item.findings.empty()) out += fmt::format("  {}\n", screen.paint("nothing to find fault with", Style::Good));
    for (const auto& finding : item.findings) {
      blocked = blocked || finding.blocks;
      out += fmt::format(
          "  {} {}/{}: {}\n",
          screen.paint(finding.blocks ? "blocks" : "note  ", finding.blocks ? Style::Bad : Style::Attention),
          screen.text(finding.type), screen.text(finding.reason.text()), screen.text(finding.message));
    }
  }
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else if (items.empty()) {
    context.out << screen.text(application)
                << ": no load balancer, and no migration job or hook names its database: nothing to look at\n";
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
