// teal approve|pause|resume|abort|retry APP: one word to a rollout, each the same call; and teal maintenance APP.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "cli/reason.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

struct Act {
  std::string_view verb;
  std::string_view effect;  // what it means now and what to say next; "{0}" is the application
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
    // teald's own word is only that the verb is accepted.
    context.out << context.screen.text(fmt::format(fmt::runtime(act.effect), *act.name)) << '\n';
  }
  return ExitStatus::Done;
}

Act declare(CLI::App& app, std::string_view verb, std::string_view effect) {
  return {verb, effect, application_argument(app), reason_option(app)};
}

Handler act(CLI::App& app, std::string_view verb, std::string_view effect) {
  return [act = declare(app, verb, effect)](Context& context) { return perform(context, act); };
}

}  // namespace

Handler declare_approve(CLI::App& app) {
  return act(app, "approve",
             "{0} is approved: its rollout goes on, unless it is paused; teal wait {0} says how it ends");
}
Handler declare_pause(CLI::App& app) {
  return act(app, "pause",
             "{0} is paused: nothing new starts, a migration that runs is not stopped; teal resume {0} goes on, teal "
             "abort {0} goes back");
}
Handler declare_resume(CLI::App& app) {
  return act(app, "resume", "{0} is resumed: its rollout goes on; teal wait {0} says how it ends");
}
Handler declare_abort(CLI::App& app) {
  return act(
      app, "abort",
      "the rollout of {0} is given up and goes back, which takes a while; teal status {0} --watch shows how far it is");
}
Handler declare_retry(CLI::App& app) {
  auto act = declare(app, "retry",
                     "{0} will be tried again: that has been noted, not done yet; teal wait {0} says how it ends");
  app.add_option(
      "--confirm", *act.confirm,
      "The application's name again: required if the outcome of a migration is unknown, because it will run again");
  return [act](Context& context) { return perform(context, act); };
}

Handler declare_maintenance(CLI::App& app) {
  const auto name = application_argument(app);
  const auto word = std::make_shared<std::string>();
  app.add_option("STATE", *word, "on: clients of its routes get a page that says so. off: requests go on")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  const auto reason = reason_option(app);
  return [name, word, reason](Context& context) {
    const bool on = *word == "on";
    const auto target = with_reason(application_path(*name, "/maintenance"), *reason);
    const Content content{"application/json", boost::json::serialize(boost::json::object{{"on", on}})};
    const auto answer = context.server.send("POST", target, content);
    if (!answer) return fail(context, answer.error());
    if (is_document(context.format)) {
      print_document(context, *answer);
    } else {
      const auto said = on ? fmt::format(
                                 "clients of {0} get the maintenance page from now on; it runs on, and upgrades "
                                 "go on; teal maintenance {0} off ends that",
                                 *name)
                           : fmt::format("requests to {} go on", *name);
      context.out << context.screen.text(said) << '\n';
    }
    return ExitStatus::Done;
  };
}

}  // namespace teal::cli
