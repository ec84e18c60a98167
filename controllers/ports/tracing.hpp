// Traces rollouts, to show later where the time went. Nothing ever waits for it.
#pragma once

#include <memory>
#include <string>

namespace teal::records {
struct RolloutRecord;
}  // namespace teal::records

namespace teal::ports {

struct Ports;

class Tracer {
 public:
  virtual ~Tracer() = default;
  // The same ports; what is asked through them is noted under the application's rollout under way.
  [[nodiscard]] virtual std::shared_ptr<const Ports> watched(const Ports& ports, const std::string& application) = 0;
  // A rollout as the store has it now: after each commit, and once it was read from there.
  virtual void rollout(const records::RolloutRecord& record) = 0;
  virtual void forget(const std::string& application) = 0;
};

}  // namespace teal::ports
