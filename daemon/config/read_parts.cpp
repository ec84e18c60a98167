#include "daemon/config/read_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/config/fields.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::config {

using yaml::Field;
using yaml::Section;

namespace {

template <class Maker>
Maker read_with(const drivers::Driver<Maker>& driver, const Field& field, DaemonConfig& config) {
  if (field.is_given() && !driver.instead.empty()) {
    config.unsupported.push_back(fmt::format("{}: not supported yet: {}", field.path, driver.instead));
  }
  return driver.read(field);
}

// A section in which one of some drivers has its key; which none may lack. Empty: that is in the report.
template <class Maker>
Maker read_one(Section& section, const Field& whole, const std::vector<drivers::Driver<Maker>>& drivers,
               DaemonConfig& config) {
  if (drivers.size() == 1) return read_with(drivers.front(), section.need(drivers.front().key), config);
  Maker made;
  std::vector<std::string> keys;
  std::size_t given = 0;
  for (const auto& driver : drivers) {
    keys.push_back(driver.key);
    const auto field = section.get(driver.key);
    if (!field.is_given()) continue;
    ++given;
    made = read_with(driver, field, config);
  }
  if (section.is_mapping() && given != 1) whole.error(fmt::format("expected exactly one of {}", fmt::join(keys, ", ")));
  return made;
}

template <class Maker>
Maker read_default(const Field& absent, const std::vector<drivers::Driver<Maker>>& drivers) {
  const auto found = std::ranges::find(drivers, true, &drivers::Driver<Maker>::is_default);
  return found == drivers.end() ? Maker{} : found->read({nullptr, absent.path, absent.position, absent.report});
}

// Those that have a key of their own at the top of the file.
template <class Maker>
Maker read_top(Section& root, const std::vector<drivers::Driver<Maker>>& drivers, DaemonConfig& config) {
  Maker made;
  std::string key;
  for (const auto& driver : drivers) {
    const auto field = root.get(driver.key);
    if (!field.is_given() && !(driver.is_default && !made)) continue;
    if (field.is_given() && !key.empty()) field.error(fmt::format("expected either {} or {}", key, driver.key));
    if (field.is_given()) key = driver.key;
    made = read_with(driver, field, config);
  }
  return made;
}

void read_limit(const Field& field, int& out) {
  if (read(field, out) && (out < 1 || out > 1000)) field.error("expected a whole number from 1 to 1000");
}

void read_concurrency(const Field& field, ports::EngineConcurrency& out) {
  if (!field.is_given()) return;
  Section section{field};
  read_limit(section.get("starts"), out.starts);
  read_limit(section.get("pulls"), out.pulls);
  read_limit(section.get("migrations"), out.migrations);
  section.finish();
}

EngineConfig read_engine(const Field& field, const drivers::Drivers& drivers, DaemonConfig& config) {
  EngineConfig engine;
  Section section{field};
  const auto name = section.need("name");
  if (read(name, engine.name) && !spec::is_dns_label(engine.name))
    name.error("expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends");
  engine.make = read_one(section, field, drivers.engines, config);
  read_concurrency(section.get("concurrency"), engine.concurrency);
  section.finish();
  return engine;
}

LoadBalancerConfig read_load_balancer(const Field& field, const drivers::Drivers& drivers, DaemonConfig& config) {
  LoadBalancerConfig balancer;
  Section section{field};
  const auto name = section.need("name");
  if (read(name, balancer.name) && !spec::is_load_balancer_name(balancer.name))
    name.error("expected 1 to 102 letters, digits and . - _ :");
  balancer.make = read_one(section, field, drivers.load_balancers, config);
  const auto rate = section.get("probesPerSecond");
  if (read(rate, balancer.probes_per_second) && (balancer.probes_per_second < 1 || balancer.probes_per_second > 100)) {
    rate.error("expected a whole number from 1 to 100");
  }
  section.finish();
  return balancer;
}

NotificationConfig read_notification(const Field& field, const drivers::Drivers& drivers, DaemonConfig& config) {
  NotificationConfig notification;
  Section section{field};
  notification.make = read_one(section, field, drivers.notifications, config);
  read(section.need("on"), notification.on);
  section.finish();
  return notification;
}

template <class T>
void check_names(const Field& field, const std::vector<T>& named) {
  Unique names;
  for (std::size_t i = 0; i < named.size(); ++i) names.check(field, i, named[i].name, "name");
}

}  // namespace

void read_store(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  const auto field = root.get("store");
  Section section{field};
  std::string key;
  for (const auto& driver : drivers.stores) {
    const auto given = section.get(driver.key);
    if (!given.is_given()) continue;
    if (!key.empty()) given.error(fmt::format("there is one store: expected either {} or {}", key, driver.key));
    key = driver.key;
    out.store = read_with(driver, given, out);
  }
  section.finish();
  if (key.empty()) out.store = read_default(field, drivers.stores);
}

void read_engines(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  const auto field = root.get("engines");
  if (!field.is_given()) {
    auto make = read_default(field, drivers.engines);
    if (!make) return field.error("expected at least one engine");
    out.engines.push_back({"local", std::move(make), {}});
    return;
  }
  yaml::each_item(field, [&](const Field& item) { out.engines.push_back(read_engine(item, drivers, out)); });
  check_names(field, out.engines);
  if (out.engines.empty() && !field.report->has_error("engines")) field.error("expected at least one engine");
}

void read_load_balancers(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  const auto field = root.get("loadBalancers");
  const auto read_item = [&](const Field& item) {
    out.load_balancers.push_back(read_load_balancer(item, drivers, out));
  };
  yaml::each_item(field, read_item);
  check_names(field, out.load_balancers);
}

void read_registries(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  out.registry = read_top(root, drivers.registries, out);
}

void read_analyst(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  out.analyst = read_top(root, drivers.analysts, out);
}

void read_notifications(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  const auto read_item = [&](const Field& item) { out.notifications.push_back(read_notification(item, drivers, out)); };
  yaml::each_item(root.get("notifications"), read_item);
}

void read_tracing(Section& root, const drivers::Drivers& drivers, DaemonConfig& out) {
  const auto field = root.get("tracing");
  if (!field.is_given()) return;
  Section section{field};
  out.tracer = read_one(section, field, drivers.tracers, out);
  section.finish();
}

void choose_others(const drivers::Drivers& drivers, DaemonConfig& out) {
  out.database = read_default({}, drivers.databases);
  out.secrets = read_default({}, drivers.secrets);
}

}  // namespace teal::config
