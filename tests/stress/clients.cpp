#include "tests/stress/clients.hpp"

#include <chrono>

#include "tests/support/load/client.hpp"

namespace teal::test {

Clients::Clients(const std::string& url, int count) {
  for (int number = 0; number < count; ++number) threads_.emplace_back([this, url, number] { run(url, number); });
}

Clients::~Clients() { stop(); }

void Clients::stop() {
  stopped_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

std::map<std::string, std::uint64_t> Clients::errors() const {
  const std::scoped_lock lock{mutex_};
  return errors_;
}

void Clients::run(const std::string& url, int number) {
  const auto target = load::parse_target(url);
  load::Client client{target};
  const bool keeps = number % 2 == 0;
  for (int request = 0; !stopped_; ++request) {
    if (keeps) static_cast<void>(client.closed_while_idle());
    const bool slow = number % 4 >= 2 && request % 2 == 0;
    const auto answer = client.get(slow ? "/slow" : "/quick", keeps);
    ++sent_;
    if (answer.error.empty()) continue;
    ++failed_;
    {
      const std::scoped_lock lock{mutex_};
      ++errors_[answer.error];
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{2});  // as nobody is there, it would be a mere loop
  }
}

}  // namespace teal::test
