// teal end-job APP --job J --confirm APP [--reason TEXT]
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "cli/reason.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

struct EndJobOptions {
  std::string job;
  std::string confirm;
  std::shared_ptr<std::string> reason;
};

ExitStatus end_job(const Context& context, const std::string& name, const EndJobOptions& options) {
  if (!options.confirm.empty() && options.confirm != name)
    return fail(context, ExitStatus::BadUsage, fmt::format("--confirm takes the application's name again: {}", name));
  boost::json::object body{{"job", options.job}};
  if (!options.confirm.empty()) body["confirm"] = options.confirm;
  const auto answer = context.server.send("POST", with_reason(application_path(name, "/end-job"), *options.reason),
                                          {"application/json", boost::json::serialize(body)});
  if (!answer) return fail(context, answer.error());
  if (is_document(context.format)) {
    print_document(context, *answer);
    return ExitStatus::Done;
  }
  context.out << context.screen.text(fmt::format(
                     "job {1} of {0} is killed; look at what it left behind, then teal retry {0} --confirm {0} runs it "
                     "again; teal status {0} shows what became of it",
                     name, options.job))
              << '\n';
  return ExitStatus::Done;
}

}  // namespace

Handler declare_end_job(CLI::App& app) {
  auto name = application_argument(app);
  auto options = std::make_shared<EndJobOptions>();
  app.add_option("--job", options->job, "The job: one that was asked to stop at its timeout and still runs")
      ->required();
  app.add_option("--confirm", options->confirm,
                 "The application's name again: required, because the job is killed in the middle of its work");
  options->reason = reason_option(app);
  return [name, options](Context& context) { return end_job(context, *name, *options); };
}

}  // namespace teal::cli
