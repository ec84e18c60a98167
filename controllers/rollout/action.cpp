#include "controllers/rollout/action.hpp"

#include <fmt/format.h>

namespace teal::rollout {
namespace {

struct Key {
  std::string operator()(const PullImage& a) const { return fmt::format("pull {}", a.reference); }
  std::string operator()(const CreateJob& a) const { return fmt::format("create {}", a.container); }
  std::string operator()(const RunReplica& a) const { return fmt::format("run {}", a.container); }
  std::string operator()(const StartContainer& a) const { return fmt::format("start {}", a.container); }
  std::string operator()(const SendStop& a) const { return fmt::format("stop {}", a.container); }
  std::string operator()(const RemoveContainer& a) const { return fmt::format("remove {}", a.container); }
  std::string operator()(const StopPredecessor& a) const { return fmt::format("stop {}", a.container); }
  std::string operator()(const AttachServer& a) const { return at("add", a.server, a.load_balancer, a.backend); }
  std::string operator()(const AdmitServer& a) const { return at("enable", a.server, a.load_balancer, a.backend); }
  std::string operator()(const DrainServer& a) const { return at("drain", a.server, a.load_balancer, a.backend); }
  std::string operator()(const DetachServer& a) const { return at("delete", a.server, a.load_balancer, a.backend); }

  std::string operator()(const AskDatabase& a) const { return fmt::format("{} of job {}", words(a.step), a.job); }

  static std::string_view words(DatabaseStep step) {
    switch (step) {
      case DatabaseStep::Preflight:
        return "check the database";
      case DatabaseStep::Look:
        return "look at the migration lock and ledger";
      case DatabaseStep::Lock:
        return "take the migration lock";
      case DatabaseStep::Begin:
        return "note the beginning in the ledger";
      case DatabaseStep::Finish:
        return "note the end in the ledger";
      case DatabaseStep::Abandon:
        return "close what is open in the ledger";
      case DatabaseStep::Unlock:
        return "give back the migration lock";
      case DatabaseStep::Grants:
        return "look for forgotten grants";
    }
    return "ask the database";
  }

  static std::string at(std::string_view verb, const std::string& server, const std::string& load_balancer,
                        const std::string& backend) {
    return fmt::format("{} server {} in {}/{}", verb, server, load_balancer, backend);
  }
};

}  // namespace

std::string key(const Action& action) { return std::visit(Key{}, action); }

bool is_in_background(const Action& action) {
  return std::holds_alternative<PullImage>(action) || std::holds_alternative<StopPredecessor>(action) ||
         std::holds_alternative<AskDatabase>(action);
}

}  // namespace teal::rollout
