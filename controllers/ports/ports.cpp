#include "controllers/ports/ports.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ranges>

namespace teal {

Result<Engine*> Ports::engine(const ApplicationSpec& spec) const {
  const auto& name = spec.engine.empty() ? default_engine : spec.engine;
  const auto found = engines.find(name);
  if (found != engines.end()) return found->second;
  return Error{ErrorCode::invalid, fmt::format("engine {} is not in teald.yaml, which has: {}", name,
                                               fmt::join(std::views::keys(engines), ", "))};
}

}  // namespace teal
