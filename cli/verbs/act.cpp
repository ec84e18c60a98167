// teal approve|pause|resume|abort|retry APP: one word to a rollout, each the same call.
#include <fmt/format.h>

#include <ostream>

#include "cli/fields.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

Handler act(CLI::App& app, std::string_view verb, std::string_view done) {
  return [name = application_argument(app), verb, done](Context& context) {
    const auto answer = context.server.send("POST", application_path(*name, fmt::format("/{}", verb)));
    if (!answer) return fail(context, answer.error());
    if (is_document(context.format)) {
      print_document(context, *answer);
    } else {
      // What teald says it did, rather than what we asked for.
      const auto said = text_at(*answer, "/message");
      context.out << context.screen.text(said.empty() ? fmt::format("{}: {}", *name, done) : said) << '\n';
    }
    return ExitStatus::Done;
  };
}

}  // namespace

Handler declare_approve(CLI::App& app) { return act(app, "approve", "approved"); }
Handler declare_pause(CLI::App& app) { return act(app, "pause", "paused"); }
Handler declare_resume(CLI::App& app) { return act(app, "resume", "resumed"); }
Handler declare_abort(CLI::App& app) { return act(app, "abort", "aborted"); }
Handler declare_retry(CLI::App& app) { return act(app, "retry", "will be tried again"); }

}  // namespace teal::cli
