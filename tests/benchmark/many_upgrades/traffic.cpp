#include "tests/benchmark/many_upgrades/traffic.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "tests/support/rest.hpp"

namespace teal::benchmark {

Traffic::Traffic(int port, std::vector<std::string> targets, int clients, int pause) : targets_(std::move(targets)) {
  for (int i = 0; i < clients; ++i) {
    const auto first = targets_.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(clients);
    clients_.emplace_back([this, port, first, pause] { send(port, first, pause); });
  }
}

void Traffic::send(int port, std::size_t first, int pause) {
  test::Rest rest{fmt::format("http://127.0.0.1:{}", port)};
  for (auto nth = first; !over_; ++nth) {
    const auto answer = rest.request("GET", targets_[nth % targets_.size()]);
    {
      const std::scoped_lock lock{mutex_};
      ++sent_.requests;
      if (answer && answer->status == 200) {
        ++sent_.by_version[answer->text.substr(0, answer->text.find('\n'))];
      } else {
        ++sent_.failed;
        ++sent_.failures[answer ? fmt::format("status {}", answer->status) : "no answer"];
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{pause});
  }
}

const Sent& Traffic::stop() {
  over_ = true;
  for (auto& client : clients_) client.join();
  clients_.clear();
  return sent_;
}

}  // namespace teal::benchmark
