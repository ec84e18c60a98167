#include "tests/benchmark/scale/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace teal::test {
namespace {

void row(const std::vector<Figures>& all, const char* what, const std::function<std::string(const Figures&)>& figure) {
  fmt::print("| {} |", what);
  for (const auto& one : all) fmt::print(" {} |", figure(one));
  fmt::print("\n");
}

double mebibytes(long kibibytes) { return static_cast<double>(kibibytes) / 1024; }

std::string of_waits(const Waits& waits) {
  return fmt::format("{:.1f} ms, {:.1f} ms, of {}", waits.longest, waits.p99, waits.count);
}

std::string of_rate(const Rate& rate) {
  if (rate.answers + rate.failed == 0) return "not installed";
  return fmt::format("{:.0f}/s, {:.1f} µs of CPU each, {} failed", rate.per_second(),
                     rate.server_cpu * 1e6 / static_cast<double>(std::max<std::size_t>(rate.answers, 1)), rate.failed);
}

std::string of_waves(const Figures& one) {
  std::string text;
  for (const auto& wave : one.waves) {
    text += fmt::format("{}{} of {} in {:.2f} s (CPU {:.2f} s, /healthz {:.1f} ms)", text.empty() ? "" : "; ",
                        wave.done, wave.wanted, wave.seconds, wave.cpu, wave.healthz.longest);
  }
  for (std::size_t i = 1; i < one.waves.size(); ++i) {
    const auto& before = one.waves[i - 1];
    const auto& wave = one.waves[i];
    const auto times = static_cast<double>(wave.wanted) / before.wanted;
    text += fmt::format("; {:.2f} of {:.0f} × that of {}", wave.seconds / before.seconds / times, times, before.wanted);
  }
  return text;
}

void print_life(const std::vector<Figures>& all) {
  row(all, "empty store until all are admitted",
      [](const auto& one) { return fmt::format("{}, {:.2f} s", one.admitted, one.admission); });
  row(all, "/healthz meanwhile: longest, 99th percentile",
      [](const auto& one) { return of_waits(one.admission_healthz); });
  row(all, "all rolled out, by an engine that answers at once", [](const auto& one) {
    return fmt::format("{}, {:.1f} s, CPU {:.1f} s", one.settled, one.settling, one.settling_cpu);
  });
  row(all, "restart until all are observed",
      [](const auto& one) { return one.is_observed ? fmt::format("{:.2f} s", one.restart) : std::string{"not"}; });
  row(all, "/healthz meanwhile", [](const auto& one) { return of_waits(one.restart_healthz); });
  row(all, "memory: idle, at most before bumps, at the end", [](const auto& one) {
    return fmt::format("{:.1f}, {:.1f}, {:.1f} MiB", mebibytes(one.memory_idle), mebibytes(one.memory),
                       mebibytes(one.memory_peak));
  });
  row(all, "an application more, by that", [&all](const auto& one) {
    const auto& least = all.front();
    if (one.wanted == least.wanted) return std::string{"-"};
    return fmt::format("{:.1f} KiB", static_cast<double>(one.memory - least.memory) / (one.wanted - least.wanted));
  });
  row(all, "while nothing happens", [](const auto& one) {
    return fmt::format("{:.1f} % of a core, {} requests to the engine, {} commands to the balancer in {:.0f} s",
                       one.idle_cpu, one.idle_engine_requests, one.idle_balancer_commands, one.idle_seconds);
  });
}

void print_changes(const std::vector<Figures>& all) {
  row(all, "a bump: saved until the engine is asked, median", [&all](const auto& one) {
    const auto least = median(all.front().first_actions);
    const auto mine = median(one.first_actions);
    return fmt::format("{:.1f} ms of {}, ratio {:.2f}", mine, one.first_actions.size(), least > 0 ? mine / least : 0);
  });
  row(all, "bumps at once, by an engine at its pace", of_waves);
}

void print_readers(const std::vector<Figures>& all) {
  row(all, "scrape", [](const auto& one) {
    return fmt::format("{:.0f} ms, {:.1f} MiB", one.scrape * 1000, static_cast<double>(one.scrape_size) / (1 << 20));
  });
  row(all, "list", [](const auto& one) {
    return fmt::format("{:.0f} ms, {:.1f} MiB", one.list * 1000, static_cast<double>(one.list_size) / (1 << 20));
  });
  row(all, "/healthz beside both", [](const auto& one) { return of_waits(one.reading_healthz); });
  row(all, "status of one, 32 clients", [](const auto& one) { return of_rate(one.status); });
  row(all, "the same bytes from nginx", [](const auto& one) { return of_rate(one.nginx); });
  row(all, "ratio", [](const auto& one) {
    return one.nginx.per_second() > 0 ? fmt::format("{:.2f}", one.status.per_second() / one.nginx.per_second()) : "";
  });
  row(all, "watchers told of a change: p99, longest", [](const auto& one) {
    return fmt::format("{:.1f} ms, {:.1f} ms, {} of {}", one.told.p99, one.told.longest, one.told.told,
                       one.told.wanted);
  });
  row(all, "the loop was blocked", [](const auto& one) { return one.blocked; });
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print(const std::vector<Figures>& all) {
  row(all, "applications", [](const auto& one) { return std::to_string(one.wanted); });
  fmt::print("| --- |");
  for (std::size_t i = 0; i < all.size(); ++i) fmt::print(" --- |");
  fmt::print("\n");
  print_life(all);
  print_changes(all);
  print_readers(all);
}

}  // namespace teal::test
