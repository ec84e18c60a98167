// The reconciler's state of one application. Private to controllers/reconcile/reconciler*.cpp.
#pragma once

#include "controllers/reconcile/reconciler.hpp"
#include "controllers/records/shared_rollout.hpp"

namespace teal::reconcile {

struct Reconciler::Entry {
  records::ApplicationRecord record;
  std::shared_ptr<const ports::Ports> ports;  // the reconciler's, watched by the tracer
  bool rollout_loaded = false;
  records::SharedRollout rollout;  // as it is in the store; counts of traffic may be ahead of it
  std::string record_problem;      // why what is stored of it cannot be read, its newest rollout aside; empty: it can
  std::string rollout_problem;     // the same of its newest rollout
  bool saved_again = false;        // a manifest was since then: what runs is to be adopted
  std::string problem_told;        // the newest event's words about that
  std::string others_told;         // the same of another teald that has this application
  PassMemory memory;
  status::SharedView shown;  // on the board; null: nothing yet
  std::shared_ptr<const rollout::Observed>
      seen;                            // what the newest pass has seen, for plans; null: none has seen anything
  std::vector<rollout::Action> acted;  // what that pass has done since
  int failed_passes = 0;               // passes in a row that could not be finished
  std::vector<std::string> last_keys;  // of the actions of the pass before
  int repeats = 0;                     // passes in a row with those same actions

  [[nodiscard]] const objects::ApplicationStatus& shown_status() const {
    static const objects::ApplicationStatus none;
    return shown ? shown->status : none;
  }
};

}  // namespace teal::reconcile
