// One call of `decide` in progress: its inputs, and what it has decided so far. Each concern (migrate, bring_up,
// withdraw …) is a function over a Pass.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/rollout/decide.hpp"

namespace teal::rollout {

struct LocatedServer {
  const BackendView* backend = nullptr;
  const world::Server* server = nullptr;
};

class Pass {
 public:
  Pass(const records::ApplicationRecord& wanted, records::RolloutRecord record, const Observed& seen, Time at)
      : desired(wanted), world(seen), now(at), next(std::move(record)) {}

  const records::ApplicationRecord& desired;
  const Observed& world;
  const Time now;
  records::RolloutRecord next;

  // Adds an action, unless it is running already or failed so recently that it is not due again; true when added.
  // Once it has failed three times with an error that trying again does not fix, `hopeless` tells.
  bool act(Action action);
  [[nodiscard]] std::optional<Error> hopeless(const Action& action) const;
  // It would be added; else that it is not due again is noted.
  [[nodiscard]] bool may_act(const Action& action);

  // For what an engine does for few at a time: false, said and excused, before its turn has come.
  bool take_turn(Turn turn);
  [[nodiscard]] bool awaits(Turn turn) const { return awaited_.contains(turn); }
  // `act`, in its turn. What is not due takes nobody's place.
  bool act_in_turn(Turn turn, Action action);

  void wake_at(Time time);
  void wake_in(Duration delay) { wake_at(now + delay); }
  // Looks again soon, for what only polling shows (a load balancer has no events): fast at first, then easier.
  void poll();

  // Why it waits. The first one said in a pass stands: callers go from the most to the least telling.
  void wait(spec::Reason reason, std::string message);
  // What was said so far, and what does not succeed; empty: nothing.
  [[nodiscard]] std::string said() const;
  // The same for what explains all that was said before: it stands instead.
  void explain(spec::Reason reason, std::string message);

  void event(spec::Reason reason, std::string message);    // Normal, about the rollout
  void warning(spec::Reason reason, std::string message);  // Warning, about the rollout
  // A warning that is said when this becomes the reason why the rollout stands where it stands.
  void warn_once(spec::Reason reason, std::string message);

  // Enters a phase: closes the span of the one before, and says so in an event; `told` instead of the message, if any.
  void enter(spec::Phase phase, const std::string& message, const std::string& told = {});
  // Notes how far the phase has come; growth restarts its deadline.
  void progressed_to(int progress);
  // Time up to now does not count towards the phase's deadline.
  void excuse(records::Excuse why);
  // What the bake is to prove was not so just now: it begins again.
  void interrupt_bake() { next.standing.bake_from = now; }
  // Gives the rollout up: back to the old revision, or paused where it stands when the spec says so or nothing leads
  // back any more.
  void fail(const Why& why);

  [[nodiscard]] const spec::ApplicationSpec& spec() const { return next.course.target.application.spec; }
  [[nodiscard]] const world::Container* container(std::string_view name) const;
  [[nodiscard]] std::vector<LocatedServer> servers(std::string_view name) const;
  [[nodiscard]] const BackendView* backend(const spec::LoadBalancerUse& use) const;
  [[nodiscard]] std::string last_words(const world::Container& container) const;  // ": <text>" or empty

  [[nodiscard]] bool has_actions() const { return !actions_.empty(); }
  [[nodiscard]] Decision finish();

 private:
  std::vector<Action> actions_;
  std::set<std::string> decided_;  // their keys
  std::vector<records::Event> events_;
  std::optional<Time> wake_at_;
  std::optional<Why> why_;
  std::string trouble_;  // the first failing action's own words
  std::map<Turn, int> taken_;
  std::set<Turn> awaited_;
};

}  // namespace teal::rollout
