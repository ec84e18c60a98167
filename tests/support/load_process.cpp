#include "tests/support/load_process.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace teal::test {

Load::Load(const std::string& url, const std::string& folder, LoadRates rates) : report_(folder + "/load.json") {
  std::filesystem::remove(report_);
  process_ = std::make_unique<Process>(
      Program{{TEAL_BIN_DIR "/teal_load", url, "--new-rate", std::to_string(rates.fresh), "--keep-rate",
               std::to_string(rates.kept), "--slow", std::to_string(rates.slow)},
              {},
              "",
              report_,
              folder + "/load.log"});
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
