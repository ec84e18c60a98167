// The skeleton of a trace, from a rollout's record in the store: the rollout, its phases, its jobs.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "controllers/records/record.hpp"
#include "daemon/drivers/tracing/span.hpp"

namespace teal::tracing {

// Calls that one phase made, as far as this process saw them.
struct PhaseCalls {
  std::int64_t made = 0;
  std::int64_t left_out = 0;  // of those, the ones that are no spans of their own

  bool operator==(const PhaseCalls&) const = default;
};

[[nodiscard]] std::string trace_of(std::string_view owner, const records::RolloutRecord& record);
[[nodiscard]] std::string root_span_of(std::string_view trace_id);
// `index` into record.phases.
[[nodiscard]] std::string phase_span_of(std::string_view trace_id, std::size_t index);

// Of a rollout that has ended; the root first, each parent before its children. The phase that went wrong and the root
// have the error. `calls` by the phase's index.
[[nodiscard]] std::vector<Span> rollout_spans(std::string_view owner, const records::RolloutRecord& record,
                                              const std::map<std::size_t, PhaseCalls>& calls);

}  // namespace teal::tracing
