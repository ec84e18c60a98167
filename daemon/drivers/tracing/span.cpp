#include "daemon/drivers/tracing/span.hpp"

#include <fmt/format.h>

#include "manifests/foundation/digest.hpp"

namespace teal::tracing {
namespace {

std::string id_of(std::string_view text, std::size_t digits) {
  auto id = sha256_hex(text).substr(0, digits);
  if (id.find_first_not_of('0') == id.npos) id.back() = '1';  // all zeros is no id
  return id;
}

}  // namespace

std::string make_trace_id(std::string_view owner, std::string_view rollout, Time started_at) {
  return id_of(fmt::format("teal rollout\n{}\n{}\n{}", owner, rollout, started_at.time_since_epoch().count()), 32);
}

std::string make_span_id(std::string_view trace_id, std::string_view what) {
  return id_of(fmt::format("teal span\n{}\n{}", trace_id, what), 16);
}

std::uint64_t nanoseconds(Time time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  return since < 0 ? 0 : static_cast<std::uint64_t>(since);
}

}  // namespace teal::tracing
