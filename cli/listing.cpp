#include "cli/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/fields.hpp"
#include "manifests/foundation/ages.hpp"
#include "cli/views.hpp"

namespace teal::cli {
namespace {

std::string time_or_nothing(std::optional<Time> time) { return time ? format_time(*time) : std::string{}; }

std::string number_or_nothing(std::int64_t number) { return number > 0 ? fmt::format("{}", number) : std::string{}; }

}  // namespace

Table table_of_applications(const boost::json::array& items, bool wide, Time now) {
  std::vector<std::string> headings{"NAME", "PHASE", "READY", "VERSION", "WANTED", "ROLLOUT", "AGE"};
  if (wide) headings.insert(headings.end(), {"REVISION", "GENERATION", "CREATED", "MESSAGE"});
  Table table{headings};
  for (const auto& item : items) {
    const auto application = read_application(item);
    std::int64_t ready = 0;
    std::int64_t desired = 0;
    for (const auto& component : application.components) {
      ready += component.ready;
      desired += component.desired;
    }
    std::vector<Cell> row{{application.name},
                          {application.phase, style_of(application.phase)},
                          {fmt::format("{}/{}", ready, desired), ready < desired ? Style::Attention : Style::Plain},
                          {application.active_version},
                          {application.version},
                          {application.rollout},
                          {age(application.created, now)}};
    if (wide) {
      row.push_back({number_or_nothing(application.active_revision)});
      row.push_back({number_or_nothing(application.generation)});
      row.push_back({time_or_nothing(application.created)});
      row.push_back({application.message});
    }
    table.add(std::move(row));
  }
  return table;
}

Table table_of_rollouts(const boost::json::array& items, bool wide, Time now) {
  std::vector<std::string> headings{"NAME", "REVISION", "FROM",          "TO",    "PHASE",
                                    "AGE",  "DURATION", "FAILED PROBES", "REASON"};
  if (wide) headings.insert(headings.end(), {"P99", "LB ERRORS", "STARTED", "FINISHED", "IMAGE", "MESSAGE"});
  Table table{headings};
  for (const auto& item : items) {
    const auto rollout = read_rollout(item);
    std::vector<Cell> row{{rollout.name},
                          {number_or_nothing(rollout.revision)},
                          {rollout.from_version},
                          {rollout.to_version},
                          {rollout.phase, style_of(rollout.phase)},
                          {age(rollout.started_at, now)},
                          {span(rollout.started_at, rollout.finished_at, now)},
                          {fmt::format("{} of {}", rollout.traffic.failed, rollout.traffic.probes),
                           rollout.traffic.failed > 0 ? Style::Bad : Style::Plain},
                          {rollout.reason}};
    if (wide) {
      const auto& latency = rollout.traffic.latency;
      const auto errors = rollout.traffic.load_balancer_errors;
      row.push_back({latency ? fmt::format("{:.3g} ms", latency->p99 * 1000) : ""});
      row.push_back({std::to_string(errors), errors > 0 ? Style::Bad : Style::Plain});
      row.push_back({time_or_nothing(rollout.started_at)});
      row.push_back({time_or_nothing(rollout.finished_at)});
      row.push_back({rollout.image_digest});
      row.push_back({rollout.rollback ? rollout.rollback_text() + "; " + rollout.why() : rollout.why()});
    }
    table.add(std::move(row));
  }
  return table;
}

Table table_of_events(const boost::json::array& items, bool wide, Time now) {
  Table table{{wide ? "TIME" : "AGE", "TYPE", "REASON", "OBJECT", "MESSAGE"}};
  for (const auto& item : items) {
    const auto event = read_event(item);
    table.add({{wide ? time_or_nothing(event.time) : age(event.time, now)},
               {event.type, event.type == "Warning" ? Style::Attention : Style::Plain},
               {event.reason},
               {object_of(event)},
               {event.message}});
  }
  return table;
}

Table table_of_audit(const boost::json::array& items, bool wide) {
  std::vector<std::string> headings{"TIME", "WHO", "ACTION", "APPLICATION", "GENERATION", "CHANGED", "REASON"};
  if (wide) headings.insert(headings.end(), {"PROOF", "FROM", "REQUEST"});
  Table table{headings};
  if (!wide) {
    table.limit("WHO", 28);
    table.limit("CHANGED", 40);
  }
  for (const auto& item : items) {
    const auto entry = read_audit_entry(item);
    std::vector<Cell> row{{time_or_nothing(entry.time)},
                          {entry.who_and_how()},
                          {entry.what(), entry.denied() ? Style::Bad : Style::Plain},
                          {entry.application},
                          {entry.generations()},
                          {entry.changed()},
                          {entry.reason}};
    if (wide) row.insert(row.end(), {{entry.proof}, {entry.from}, {entry.request()}});
    table.add(std::move(row));
  }
  return table;
}

void print_listing(const Context& context, const boost::json::value& answer, std::string_view what, TableOf table) {
  if (is_document(context.format)) return print_document(context, answer);
  const bool one = find(answer, "/items") == nullptr;
  const auto items = one ? boost::json::array{answer} : items_at(answer, "/items");
  if (items.empty()) {
    context.err << "No " << what << " found.\n";
    return;
  }
  context.out << table(items, context.format == Format::Wide, now()).render(context.screen);
}

// One after the other, so nobody knows how wide a column will be: what is longer than usual pushes its own line only.
std::string audit_line(const boost::json::value& item, bool wide, const Screen& screen) {
  const auto entry = read_audit_entry(item);
  std::string line;
  const auto put = [&](std::string_view text, std::size_t columns) {
    const auto shown = text.empty() ? std::string{"-"} : screen.text(text);
    line += shown;
    line.append(std::max(columns, columns_of(shown)) - columns_of(shown) + 3, ' ');
  };
  put(time_or_nothing(entry.time), 24);
  put(entry.who_and_how(), 20);
  put(entry.what(), 10);
  put(entry.application, 16);
  put(entry.generations(), 8);
  put(entry.changed(), 0);
  line += entry.reason.empty() ? "-" : screen.text(entry.reason);
  if (wide)
    line += screen.text(
        fmt::format("   ({}, {}, {})", entry.proof.empty() ? "no proof" : entry.proof, entry.from, entry.request()));
  return line;
}

}  // namespace teal::cli
