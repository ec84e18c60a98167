// One span of a trace, in OpenTelemetry's terms, and the ids that link spans.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::tracing {

using AttributeValue = std::variant<std::string, std::int64_t, double, bool>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

enum class SpanKind { Internal = 1, Client = 3 };  // OTLP's numbers

struct Span {
  std::string trace_id;   // 32 hex digits
  std::string span_id;    // 16
  std::string parent_id;  // empty: the root
  std::string name;
  SpanKind kind = SpanKind::Internal;
  std::uint64_t start_ns = 0;  // since 1970, UTC
  std::uint64_t end_ns = 0;
  Attributes attributes;             // never a secret's value
  std::optional<std::string> error;  // why it failed; none: it did not

  bool operator==(const Span&) const = default;
};

// Of one attempt to roll out, the same in every teald that uses this store: nothing has to be remembered for it.
[[nodiscard]] std::string make_trace_id(std::string_view owner, std::string_view rollout, Time started_at);
// `what` is unique in the trace: "rollout", "phase 2".
[[nodiscard]] std::string make_span_id(std::string_view trace_id, std::string_view what);

[[nodiscard]] std::uint64_t nanoseconds(Time time);

}  // namespace teal::tracing
