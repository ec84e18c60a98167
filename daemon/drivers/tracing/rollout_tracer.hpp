// Each rollout as a trace: the rollout, below it its phases and jobs, below those the calls they made.
//
// The skeleton is built from the rollout's record when it has ended, with ids derived from the record: a teald that was
// restarted meanwhile builds the same one, and spans of earlier calls still attach to it. Calls are exported as they
// end. A rollout that ended less than five minutes before teald started is exported again, with the same ids, since
// nobody knows whether it was sent.
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
