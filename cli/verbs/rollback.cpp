// teal rollback APP [--to-revision N] [--reason TEXT]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <ostream>

#include "cli/reason.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

struct RollbackOptions {
  std::optional<int> to_revision;
  std::shared_ptr<std::string> reason;
};

ExitStatus rollback(const Context& context, const std::string& name, const RollbackOptions& options) {
  boost::json::object body;
  if (options.to_revision) body["toRevision"] = *options.to_revision;
  const auto answer = context.server.send("POST", with_reason(application_path(name, "/rollback"), *options.reason),
                                          {"application/json", boost::json::serialize(body)});
  if (!answer) return fail(context, answer.error());
  if (is_document(context.format)) {
    print_document(context, *answer);
    return ExitStatus::Done;
  }
  const auto to = options.to_revision ? fmt::format("revision {}", *options.to_revision) : "the revision before";
  context.out
      << context.screen.text(fmt::format(
             "{0} is to go back to {1}: that has been noted, not done yet; teal status {0} --watch shows how far it is",
             name, to))
      << '\n';
  return ExitStatus::Done;
}

}  // namespace

Handler declare_rollback(CLI::App& app) {
  auto name = application_argument(app);
  auto options = std::make_shared<RollbackOptions>();
  app.add_option("--to-revision", options->to_revision, "Which one; default: the one before")
      ->check(CLI::Range(1, 2147483647));
  options->reason = reason_option(app);
  return [name, options](Context& context) { return rollback(context, *name, *options); };
}

}  // namespace teal::cli
