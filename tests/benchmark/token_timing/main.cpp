// Does the time of an answer tell how much of a token is right? One gate with many tokens is asked, in turn, with a
// right token, one that differs in its last letter, one that differs in its first, one that has expired, and one of
// another length. Prints the median of each, and its ratio to that of the right one.
//
//   token_timing [TOKENS] [ROUNDS]        20,000 and 20,000
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "daemon/access/gate.hpp"
#include "tests/support/set_clock.hpp"

namespace {

using namespace teal;

std::string token_text(std::size_t number) { return fmt::format("teal_{:064x}", number * 2654435761U + 1); }

access::Credentials showing(std::string token) {
  access::Credentials shown;
  shown.authorization = {"Bearer " + std::move(token)};
  return shown;
}

struct Case {
  std::string name;
  access::Credentials shown;
  bool good = false;
  std::vector<double> nanoseconds{};
};

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::stoul(argv[1]) : 20'000;
  const std::size_t rounds = argc > 2 ? std::stoul(argv[2]) : 20'000;
  std::vector<access::Token> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({fmt::format("t{}", i), access::Role::Viewer, access::token_digest(token_text(i)), {}, {}});
  }
  const test::SetClock clock;
  auto expired = all.front();
  expired.sha256 = access::token_digest("teal_expired_" + std::string(56, 'x'));
  expired.expires = Time{Duration{1}};
  all.push_back(expired);
  access::Tokens tokens;
  tokens.replace(std::move(all));
  access::GateOptions options;
  options.has_tokens = true;
  const access::Gate gate{options, tokens, clock};

  const auto right = token_text(count / 2);
  auto last = right;
  last.back() = last.back() == '0' ? '1' : '0';
  auto first = right;
  first[5] = first[5] == '0' ? '1' : '0';
  std::array<Case, 5> cases{{{"right", showing(right), true},
                             {"last letter wrong", showing(last)},
                             {"first letter wrong", showing(first)},
                             {"expired", showing("teal_expired_" + std::string(56, 'x'))},
                             {"half as long", showing(right.substr(0, right.size() / 2))}}};
  for (std::size_t round = 0; round < rounds; ++round) {
    for (auto& one : cases) {
      const auto begun = std::chrono::steady_clock::now();
      const bool good = gate.identify(one.shown).has_value();
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
      if (good != one.good) return fmt::print("{}: wrong answer\n", one.name), 1;
      one.nanoseconds.push_back(took.count());
    }
  }
  fmt::print("{} tokens, {} rounds\n", count, rounds);
  const double baseline = median(cases.front().nanoseconds);
  for (auto& one : cases) {
    const double value = median(one.nanoseconds);
    fmt::print("{:20} median {:7.0f} ns, ratio to right {:.3f}\n", one.name, value, value / baseline);
  }
  return 0;
}
