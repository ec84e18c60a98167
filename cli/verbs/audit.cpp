// teal audit [-a APP] [--since 24h] [--limit N] [-f]
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <boost/json/parse.hpp>
#include <optional>
#include <ostream>

#include "cli/fields.hpp"
#include "cli/listing.hpp"
#include "cli/verbs.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

struct AuditOptions {
  std::string application;
  std::string since;
  std::optional<std::int64_t> limit;
  bool follow = false;
};

std::string target_of(const AuditOptions& options) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, percent_encode(value));
  };
  if (!options.application.empty()) add("application", options.application);
  if (!options.since.empty()) add("since", options.since);
  if (options.limit) add("limit", std::to_string(*options.limit));
  if (options.follow) add("follow", "true");
  return "/apis/teal/v1/audit" + query;
}

// Entries come a line each, and lines in pieces.
class EntryPrinter {
 public:
  explicit EntryPrinter(const Context& context) : context_(context) {}

  bool take(std::string_view text) {
    rest_ += text;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      print(rest_.substr(0, end));
      rest_.erase(0, end + 1);
    }
    context_.out << std::flush;
    return context_.out.good();
  }

 private:
  void print(const std::string& line) {
    boost::system::error_code error;
    const auto entry = boost::json::parse(line, error);
    if (error || !entry.is_object()) return;
    if (is_document(context_.format)) {
      if (context_.format == Format::Yaml) context_.out << "---\n";
      return print_document(context_, entry);
    }
    context_.out << audit_line(entry, context_.format == Format::Wide, context_.screen) << '\n';
  }

  const Context& context_;
  std::string rest_;
};

// It has no end of its own: it is either that we may not any more, or that teald goes.
ExitStatus follow(const Context& context, const AuditOptions& options) {
  EntryPrinter printer{context};
  const auto done =
      context.server.follow(target_of(options), [&](std::string_view text) { return printer.take(text); });
  if (!done) return fail(context, done.error());
  if (!context.out) return ExitStatus::Failed;
  auto again = options;
  again.follow = false;
  again.limit = 1;
  const auto answer = context.server.read(target_of(again));
  return answer ? fail(context, stream_ended()) : fail(context, answer.error());
}

ExitStatus audit(const Context& context, const AuditOptions& options) {
  if (options.follow) return follow(context, options);
  const auto answer = context.server.read(target_of(options));
  if (!answer) return fail(context, answer.error());
  if (is_document(context.format)) {
    print_document(context, *answer);
    return ExitStatus::Done;
  }
  const auto& items = items_at(*answer, "/items");
  if (items.empty()) {
    context.err << "Nothing is on record.\n";
  } else {
    context.out << table_of_audit(items, context.format == Format::Wide).render(context.screen);
  }
  return ExitStatus::Done;
}

}  // namespace

Handler declare_audit(CLI::App& app) {
  auto options = std::make_shared<AuditOptions>();
  app.add_option("-a,--application", options->application, "Only what was done to this application");
  app.add_option("--since", options->since, "Only entries since: 90m, 24h, 7d ago, or a time (2026-11-30T04:00:00Z)");
  app.add_option("--limit", options->limit, "Maximum number of entries, newest kept; default: 500")
      ->check(CLI::Range(1, 5000));
  app.add_flag("-f,--follow", options->follow, "Then each new entry, until interrupted");
  return [options](Context& context) { return audit(context, *options); };
}

}  // namespace teal::cli
