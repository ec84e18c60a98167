#include "tests/support/load_process.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace teal::test {

Load::Load(const std::string& url, const std::string& folder, LoadRates rates) : report_(folder + "/load.json") {
  const auto log = folder + "/load.log";
  std::filesystem::remove(report_);
  std::filesystem::remove(log);
  process_ = std::make_unique<Process>(
      Program{{TEAL_BIN_DIR "/teal_load", url, "--new-rate", std::to_string(rates.fresh), "--keep-rate",
               std::to_string(rates.kept), "--slow", std::to_string(rates.slow), "--timeout-ms",
               std::to_string(rates.patience.count())},
              {},
              "",
              report_,
              log});
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (read_text(log).find("load: under way") == std::string::npos) {
    if (!process_->running()) throw std::runtime_error("the load generator ended at once: " + read_text(log));
    if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("the load generator does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

LoadReport Load::finish() {
  process_->signal(SIGTERM);
  if (!process_->wait(std::chrono::seconds{30})) throw std::runtime_error("the load generator does not end");
  boost::json::error_code error;
  const auto parsed = boost::json::parse(read_text(report_), error);
  if (error) throw std::runtime_error("the load generator left no report");
  LoadReport report;
  report.sent = parsed.at("sent").to_number<std::uint64_t>();
  report.failed = parsed.at("failed").to_number<std::uint64_t>();
  for (const auto& [version, count] : parsed.at("versions").as_object()) {
    report.versions[std::string{version}] = count.to_number<std::uint64_t>();
  }
  for (const auto& [kind, counts] : parsed.at("by_kind").as_object()) {
    report.kinds +=
        fmt::format("{}: {} sent, {} failed; ", std::string{kind}, counts.at("sent").to_number<std::uint64_t>(),
                    counts.at("failed").to_number<std::uint64_t>());
  }
  if (report.failed > 0) {
    report.errors = boost::json::serialize(parsed.at("errors")) + boost::json::serialize(parsed.at("first_failures"));
  }
  return report;
}

}  // namespace teal::test
