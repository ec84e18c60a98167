// Each rollout as a trace: the rollout, below it its phases and jobs, below those the calls they made.
//
// The skeleton is made from the rollout's record when it has ended, with ids that follow from the record: a teald that
// was restarted meanwhile makes the same one, and what it saw of calls before hangs on it. Calls are handed on as they
// end. A rollout that ended less than five minutes before teald started is handed on again, since nobody knows whether
// it was sent; its ids are the same.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/tracing.hpp"
#include "daemon/drivers/tracing/call_watch.hpp"

namespace teal::tracing {

class RolloutTracer final : public ports::Tracer {
 public:
  // `clock` outlives it; `sink` takes every span and must not wait.
  RolloutTracer(std::string owner, const ports::Clock& clock, CallWatch::Sink sink);

  [[nodiscard]] std::shared_ptr<const ports::Ports> watched(const ports::Ports& ports,
                                                            const std::string& application) override;
  void rollout(const records::RolloutRecord& record) override;
  void forget(const std::string& application) override;

 private:
  std::string owner_;
  const ports::Clock& clock_;
  CallWatch::Sink sink_;
  std::map<std::string, CallWatchPtr> watches_;  // by application
};

}  // namespace teal::tracing
