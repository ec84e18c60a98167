#include <fmt/format.h>

#include "manifests/parse/fields.hpp"

namespace teal {

using yaml::Section;

namespace {

// "HH:MM" → minutes after midnight.
bool read_clock(const yaml::Field& field, int latest, int& out) {
  std::string text;
  if (!yaml::read_as_written(field, text)) return false;
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() == 5 && digit(0) && digit(1) && text[2] == ':' && digit(3) && digit(4)) {
    const int hours = (text[0] - '0') * 10 + (text[1] - '0');
    const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
    if (minutes < 60 && hours * 60 + minutes <= latest) return out = hours * 60 + minutes, true;
  }
  field.error(fmt::format("{} is not a time of day: expected \"HH:MM\" up to \"{:02}:{:02}\"", yaml::quoted(text),
                          latest / 60, latest % 60));
  return false;
}

// A version is text however it looks: 2025.10 is not 2025.1.
struct AsWritten {
  std::string text;
};

bool read(const yaml::Field& field, AsWritten& out) { return yaml::read_as_written(field, out.text); }

}  // namespace

bool read(const yaml::Field& field, Analysis& out) {
  Section section{field};
  read(section.need("name"), out.name);
  read(section.need("query"), out.query);
  read(section.get("max"), out.max);
  read(section.get("min"), out.min);
  read(section.get("interval"), out.interval);
  read(section.get("failures"), out.failures);
  read(section.get("onNoData"), out.on_no_data);
  read(section.get("compareToOld"), out.compare_to_old);
  section.finish();
  return section.is_mapping();
}

bool read(const yaml::Field& field, Window& out) {
  Section section{field};
  read(section.get("days"), out.days);
  const bool from = read_clock(section.need("from"), 23 * 60 + 59, out.from_minute);
  const auto to_field = section.need("to");
  const bool to = read_clock(to_field, 24 * 60, out.to_minute);
  if (from && to && out.from_minute == out.to_minute) to_field.error("the window has no length: from and to are equal");
  read(section.get("timezone"), out.timezone);
  section.finish();
  return section.is_mapping();
}

bool read(const yaml::Field& field, RolloutPolicy& out) {
  Section section{field};
  read(section.get("strategy"), out.strategy);
  read(section.get("approval"), out.approval);
  read(section.get("bake"), out.bake);
  read(section.get("keepOld"), out.keep_old);
  read(section.get("deadline"), out.deadline);
  read(section.get("onFailure"), out.on_failure);
  read(section.get("analysis"), out.analysis);
  read(section.get("windows"), out.windows);
  section.finish();
  return section.is_mapping();
}

bool read(const yaml::Field& field, UpgradePolicy& out) {
  Section section{field};
  read(section.get("train"), out.train);
  read(section.get("outsideTrain"), out.outside_train);
  if (std::string text; yaml::read_as_written(section.get("acknowledged"), text)) out.acknowledged = text;
  std::vector<AsWritten> stops;
  read(section.get("stops"), stops);
  for (auto& stop : stops) out.stops.push_back(std::move(stop.text));
  read(section.get("hops"), out.hops);
  section.finish();
  return section.is_mapping();
}

}  // namespace teal
