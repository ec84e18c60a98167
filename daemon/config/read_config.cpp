#include "daemon/config/read_config.hpp"

#include "daemon/config/fields.hpp"
#include "daemon/config/read_api.hpp"
#include "daemon/config/read_parts.hpp"
#include "manifests/parse/reader.hpp"

namespace teal::config {

using yaml::Field;
using yaml::Section;

namespace {

void read_images(const Field& field, int& keep) {
  if (!field.is_given()) return;
  Section section{field};
  const auto kept = section.get("keep");
  int count = keep;
  if (read(kept, count) && (count < 1 || count > 1000)) {
    kept.error("expected a whole number from 1 to 1000");
  } else {
    keep = count;
  }
  section.finish();
}

void read_kept_logs(const Field& field, stores::LogLimits& out) {
  if (!field.is_given()) return;
  constexpr std::int64_t least = 1 << 10;
  Section section{field};
  read_duration(section.get("keep"), std::chrono::minutes{1}, std::chrono::hours{10 * 8760}, out.keep);
  read_amount(section.get("maxSize"), least, std::int64_t{1} << 40, out.max_size);
  read_amount(section.get("maxEntry"), least, 16 << 20, out.max_entry);
  section.finish();
}

void read_audit(const Field& field, AuditConfig& out) {
  if (!field.is_given()) return;
  Section section{field};
  read_duration(section.get("keep"), std::chrono::hours{1}, std::chrono::hours{10 * 8760}, out.keep);
  section.finish();
}

void read_log(const Field& field, LogConfig& out) {
  Section section{field};
  read(section.get("format"), out.format);
  read(section.get("level"), out.level);
  section.finish();
}

}  // namespace

std::optional<DaemonConfig> read_config(std::string_view text, yaml::Report& report, const drivers::Drivers& drivers) {
  const auto root = yaml::load_tree(text, report);
  if (!root) return std::nullopt;
  const auto document = yaml::open_document(*root, "DaemonConfig", report);
  if (!document) return std::nullopt;
  DaemonConfig config;
  Section section{*document};
  (void)section.get("apiVersion");
  (void)section.get("kind");
  read_path(section.get("manifests"), config.manifests);
  read_store(section, drivers, config);
  read_api(section.get("api"), config.api);
  read_engines(section, drivers, config);
  read_load_balancers(section, drivers, config);
  read_registries(section, drivers, config);
  read_images(section.get("images"), config.images_kept);
  read_analyst(section, drivers, config);
  read_notifications(section, drivers, config);
  read_tracing(section, drivers, config);
  choose_others(drivers, config);
  read_audit(section.get("audit"), config.audit);
  read_kept_logs(section.get("logs"), config.logs);
  read_log(section.get("log"), config.log);
  section.finish();
  return config;
}

}  // namespace teal::config
