// teal delete APP [--reason TEXT]
#include <fmt/format.h>

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
    context.out << context.screen.text(fmt::format("{0} is being deleted: what runs for it is stopped, and it is there "
                                                   "until then; teal wait {0} --for Deleted ends when it is gone",
                                                   name))
                << '\n';
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
