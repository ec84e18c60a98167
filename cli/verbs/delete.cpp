// teal delete APP [--reason TEXT]
#include <ostream>

#include "cli/reason.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

ExitStatus remove(const Context& context, const std::string& name, const std::string& reason) {
  const auto answer = context.server.send("DELETE", with_reason(application_path(name), reason));
  if (!answer) return fail(context, answer.error());
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else {
    const auto safe = context.screen.text(name);
    context.out << safe << " is being deleted; wait for it with: teal wait " << safe << " --for Deleted\n";
  }
  return ExitStatus::Done;
}

}  // namespace

Handler declare_delete(CLI::App& app) {
  return [name = application_argument(app), reason = reason_option(app)](Context& context) {
    return remove(context, *name, *reason);
  };
}

}  // namespace teal::cli
