#include "controllers/rollout/action.hpp"

#include <fmt/format.h>

namespace teal {
namespace {

struct Key {
  std::string operator()(const PullImage& a) const { return fmt::format("pull {}", a.reference); }
  std::string operator()(const CreateJob& a) const { return fmt::format("create {}", a.container); }
  std::string operator()(const RunReplica& a) const { return fmt::format("run {}", a.container); }
  std::string operator()(const StartContainer& a) const { return fmt::format("start {}", a.container); }
  std::string operator()(const SendStop& a) const { return fmt::format("stop {}", a.container); }
  std::string operator()(const RemoveContainer& a) const { return fmt::format("remove {}", a.container); }
  std::string operator()(const AddServer& a) const { return at("add", a.server, a.load_balancer, a.backend); }
  std::string operator()(const ReadyServer& a) const { return at("enable", a.server, a.load_balancer, a.backend); }
  std::string operator()(const DrainServer& a) const { return at("drain", a.server, a.load_balancer, a.backend); }
  std::string operator()(const RemoveServer& a) const { return at("delete", a.server, a.load_balancer, a.backend); }

  static std::string at(std::string_view verb, const std::string& server, const std::string& load_balancer,
                        const std::string& backend) {
    return fmt::format("{} server {} in {}/{}", verb, server, load_balancer, backend);
  }
};

}  // namespace

std::string key(const Action& action) { return std::visit(Key{}, action); }

}  // namespace teal
