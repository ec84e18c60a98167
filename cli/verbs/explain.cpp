// teal explain [REASON | KEY]: without a daemon.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/parse.hpp>
#include <memory>
#include <ostream>

#include "cli/explanations.hpp"
#include "cli/verbs.hpp"
#include "daemon/runtime/embedded.hpp"
#include "manifests/foundation/nearest.hpp"

namespace teal::cli {
namespace {

std::string_view only_file(const embedded::Files& files) { return files.first->second; }

ExitStatus explain(const Context& context, const std::string& word) {
  const auto reasons = only_file(embedded::troubleshooting());
  if (const auto section = explained_reason(reasons, word); !section.empty()) {
    context.out << section << '\n';
    return ExitStatus::Done;
  }
  const auto schema = boost::json::parse(only_file(embedded::application_schema()));
  const auto key = explained_key(schema.as_object(), word);
  if (key) {
    context.out << *key;
    return ExitStatus::Done;
  }
  // Reasons begin with a capital, and keys do not.
  const bool may_be_reason = !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
  if (!may_be_reason) return fail(context, ExitStatus::BadUsage, key.error().message);
  const auto known = explained_reasons(reasons);
  return fail(context, ExitStatus::BadUsage,
              fmt::format("there is no reason {}{}; the reasons that call for somebody are {}", word,
                          suggestion(word, known), fmt::join(known, ", ")));
}

}  // namespace

Handler declare_explain(CLI::App& app) {
  auto word = std::make_shared<std::string>();
  app.add_option("WORD", *word,
                 "A reason as status shows it, or a key of a manifest; without one, the keys of a manifest");
  return [word](Context& context) { return explain(context, *word); };
}

}  // namespace teal::cli
