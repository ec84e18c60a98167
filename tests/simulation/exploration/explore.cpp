#include "tests/simulation/exploration/explore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

constexpr std::uint32_t none = UINT32_MAX;

struct Node {
  std::uint32_t parent = none;
  std::uint32_t next = none;  // without any fault
  Move move;
  std::uint16_t depth = 0;
  bool goal = false;
};

struct Hash {
  std::size_t operator()(const Fingerprint& print) const { return print.low; }
};

class Walk {
 public:
  Walk(const Scene& scene, std::size_t most_states) : scene_(scene), model_(scene), most_states_(most_states) {}

  Outcome run() {
    State root = model_.begin();
    add(std::move(root), none, {});
    while (!frontier_.empty() && outcome_.failure.empty()) {
      expand();
      if (nodes_.size() > most_states_) {
        outcome_.failure = fmt::format("more than {} states: make the scene smaller", most_states_);
      }
    }
    outcome_.states = nodes_.size();
    outcome_.depth = nodes_.back().depth;
    if (outcome_.failure.empty()) follow_every_way();
    return std::move(outcome_);
  }

 private:
  // The number of a state; a new one joins the frontier.
  std::uint32_t add(State&& state, std::uint32_t parent, Move move) {
    const auto print = fingerprint(state, scene_);
    const auto [entry, is_new] = known_.try_emplace(print, static_cast<std::uint32_t>(nodes_.size()));
    if (!is_new) return entry->second;
    Node node;
    node.parent = parent;
    node.move = move;
    node.depth = parent == none ? 0 : static_cast<std::uint16_t>(nodes_[parent].depth + 1);
    nodes_.push_back(node);
    frontier_.emplace_back(entry->second, std::move(state));
    return entry->second;
  }

  void expand() {
    auto [number, state] = std::move(frontier_.front());
    frontier_.pop_front();
    if (model_.is_pass_next(state)) model_.make_plan(state);
    nodes_[number].goal = model_.is_goal(state);
    if (nodes_[number].goal) ++outcome_.goals;
    const auto next = go(number, state, {});
    nodes_[number].next = next;
    for (const auto move : model_.moves(state)) {
      if (!outcome_.failure.empty()) return;
      go(number, state, move);
    }
  }

  std::uint32_t go(std::uint32_t from, const State& state, Move move) {
    Report report;
    ++outcome_.transitions;
    auto after = model_.apply(state, move, report);
    const auto to = add(std::move(after), from, move);
    if (!report.broken.empty()) {
      auto moves = way_to(from);
      moves.push_back(move);
      outcome_.failure = fmt::format("{}\n{}", report.broken.front(), story(moves));
    }
    return to;
  }

  // Liveness: without further faults every way ends in a goal.
  void follow_every_way() {
    enum : char { unknown, on_the_way, good };
    std::vector<char> known(nodes_.size(), unknown);
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      std::vector<std::uint32_t> way;
      auto at = i;
      while (known[at] == unknown && !nodes_[at].goal) {
        known[at] = on_the_way;
        way.push_back(at);
        at = nodes_[at].next;
      }
      if (!nodes_[at].goal && known[at] == on_the_way) return dead_end(i, at);
      for (const auto one : way) known[one] = good;
      known[at] = good;
    }
  }

  void dead_end(std::uint32_t from, std::uint32_t loop) {
    auto moves = way_to(from);
    const auto before = moves.size();
    for (auto at = from; at != loop; at = nodes_[at].next) moves.push_back({});
    auto at = loop;
    do {
      moves.push_back({});
      at = nodes_[at].next;
    } while (at != loop && moves.size() < before + 200);
    outcome_.failure = fmt::format("L1: without further faults it goes on like this for ever{}\n{}",
                                   nodes_[loop].next == loop ? " (a dead end)" : "", story(moves));
  }

  std::vector<Move> way_to(std::uint32_t number) const {
    std::vector<Move> moves;
    for (auto at = number; nodes_[at].parent != none; at = nodes_[at].parent) moves.push_back(nodes_[at].move);
    std::ranges::reverse(moves);
    return moves;
  }

  std::string story(const std::vector<Move>& moves) const {
    std::string text = fmt::format("scene {}, after {} moves:\n", scene_.name, moves.size());
    auto state = model_.begin();
    for (const auto move : moves) {
      Report report;
      report.tell = true;
      state = model_.apply(std::move(state), move, report);
      for (const auto& line : report.lines) text += line + "\n";
      for (const auto& line : report.broken) text += "  ==> " + line + "\n";
    }
    std::string why_not;
    if (!model_.is_goal(state, &why_not)) text += fmt::format("  not at rest: {}\n", why_not);
    text += fmt::format("  now: {} ({}: {})\n", state.record ? to_string(state.record->standing.phase) : "nothing",
                        to_string(state.why.reason), state.why.message);
    return text;
  }

  const Scene& scene_;
  const Model model_;
  const std::size_t most_states_;
  std::vector<Node> nodes_;
  std::unordered_map<Fingerprint, std::uint32_t, Hash> known_;
  std::deque<std::pair<std::uint32_t, State>> frontier_;
  Outcome outcome_;
};

}  // namespace

Outcome explore(const Scene& scene, std::size_t most_states) { return Walk{scene, most_states}.run(); }

}  // namespace teal::exploration
