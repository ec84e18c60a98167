// teal history APP
#include <ostream>

#include "cli/fields.hpp"
#include "cli/listing.hpp"
#include "cli/verbs.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

ExitStatus history(const Context& context, const std::string& application) {
  const auto answer = context.server.read("/apis/teal/v1/rollouts?application=" + percent_encode(application));
  if (!answer) return fail(context, answer.error());
  const auto& items = items_at(*answer, "/items");
  if (items.empty()) {
    // Nothing rolled out yet, or a wrong name?
    const auto known = context.server.read(application_path(application));
    if (!known) return fail(context, known.error());
  }
  if (is_document(context.format)) {
    print_document(context, *answer);
  } else if (items.empty()) {
    context.err << context.screen.text(application) << " has no rollouts yet.\n";
  } else {
    context.out << table_of_rollouts(items, context.format == Format::Wide, now()).render(context.screen);
  }
  return ExitStatus::Done;
}

}  // namespace

Handler declare_history(CLI::App& app) {
  return [name = application_argument(app)](Context& context) { return history(context, *name); };
}

}  // namespace teal::cli
