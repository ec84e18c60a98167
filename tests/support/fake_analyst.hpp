// A Prometheus in memory, on a clock of the test's: it answers each question when it is due, and counts as the real
// analyst does. One for each life of teald: counts are lost with it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/analyst.hpp"
#include "controllers/ports/clock.hpp"

namespace teal::test {

class FakeAnalyst final : public ports::Analyst {
 public:
  // The value of a query now; none: it finds nothing, or nobody answers.
  using Ask = std::function<std::optional<double>(const std::string& query)>;

  FakeAnalyst(const ports::Clock& clock, Ask ask) : clock_(clock), ask_(std::move(ask)) {}

  void watch(const std::string& application, std::vector<world::AnalysisTarget> targets) override {
    std::vector<Watched> kept;
    for (auto& target : targets) {
      Watched one;
      one.view.target = target;
      one.due = clock_.now() + latency;
      for (const auto& before : watched_[application]) {
        if (before.view.target == target) one = before;
      }
      kept.push_back(std::move(one));
    }
    watched_[application] = std::move(kept);
  }

  [[nodiscard]] std::vector<world::AnalysisView> view(const std::string& application) const override {
    std::vector<world::AnalysisView> answered;
    const auto found = watched_.find(application);
    if (found == watched_.end()) return answered;
    for (auto& one : found->second) {
      while (one.due <= clock_.now()) answer(one);
      if (one.asked) answered.push_back(one.view);
    }
    return answered;
  }

  // When the next answer is due.
  [[nodiscard]] std::optional<Time> next_answer() const {
    std::optional<Time> next;
    for (const auto& [name, all] : watched_) {
      for (const auto& one : all) next = next ? std::min(*next, one.due) : one.due;
    }
    return next;
  }

 private:
  static constexpr Duration latency{20};
  struct Watched {
    world::AnalysisView view;
    Time due{};
    bool asked = false;
  };

  void answer(Watched& one) const {
    const auto& analysis = one.view.target.analysis;
    const auto value = ask_(one.view.target.query);
    const auto old = one.view.target.old_query.empty() ? std::optional<double>{0.0} : ask_(one.view.target.old_query);
    one.view.value = value && old ? std::optional<double>{*value - *old} : std::nullopt;
    one.view.state = world::judge(analysis, one.view.value);
    one.view.failures = world::counts_as_failure(analysis, one.view.state) ? one.view.failures + 1 : 0;
    one.view.answer = one.view.value ? std::to_string(*one.view.value) : "no data: the query found nothing";
    one.view.at = one.due;
    one.due += analysis.interval;
    one.asked = true;
  }

  const ports::Clock& clock_;
  Ask ask_;
  mutable std::map<std::string, std::vector<Watched>> watched_;
};

}  // namespace teal::test
