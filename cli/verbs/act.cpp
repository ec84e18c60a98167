// teal approve|pause|resume|abort|retry APP: one word to a rollout, each the same call.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "cli/reason.hpp"
#include "cli/verbs.hpp"
#include "manifests/api/confirmation.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::cli {
namespace {

struct Act {
  std::string_view verb;
  std::string_view done;
  std::shared_ptr<std::string> name;
  std::shared_ptr<std::string> reason;
  std::shared_ptr<std::string> confirm = std::make_shared<std::string>();
};

ExitStatus perform(const Context& context, const Act& act) {
  Content content;
  if (!act.confirm->empty()) {
    if (*act.confirm != *act.name) {
      return fail(context, ExitStatus::BadUsage,
                  fmt::format("--confirm takes the application's name again: {}", *act.name));
    }
    content = {"application/json", boost::json::serialize(boost::json::object{{"confirm", *act.confirm}})};
  }
  const auto target = with_reason(application_path(*act.name, fmt::format("/{}", act.verb)), *act.reason);
  const auto answer = context.server.send("POST", target, std::move(content));
  if (!answer) return fail(context, answer.error());
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else {
    // What teald says it did, rather than what we asked for.
    const auto said = wire::taken<objects::StatusObject>(*answer).message;
    context.out << context.screen.text(said.empty() ? fmt::format("{}: {}", *act.name, act.done) : said) << '\n';
  }
  return ExitStatus::Done;
}

Act declare(CLI::App& app, std::string_view verb, std::string_view done) {
  return {verb, done, application_argument(app), reason_option(app)};
}

Handler act(CLI::App& app, std::string_view verb, std::string_view done) {
  return [act = declare(app, verb, done)](Context& context) { return perform(context, act); };
}

}  // namespace

Handler declare_approve(CLI::App& app) { return act(app, "approve", "approved"); }
Handler declare_pause(CLI::App& app) { return act(app, "pause", "paused"); }
Handler declare_resume(CLI::App& app) { return act(app, "resume", "resumed"); }
Handler declare_abort(CLI::App& app) { return act(app, "abort", "aborted"); }
Handler declare_retry(CLI::App& app) {
  auto act = declare(app, "retry", "will be tried again");
  app.add_option(
      "--confirm", *act.confirm,
      "The application's name again: required if the outcome of a migration is unknown, because it will run again");
  return [act](Context& context) { return perform(context, act); };
}

}  // namespace teal::cli
