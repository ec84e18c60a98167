#include "daemon/drivers/tracing/call_watch.hpp"

#include <fmt/format.h>

#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::tracing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t reads_a_phase = 10;
constexpr std::size_t notable_a_phase = 200;
constexpr auto slow = 100ms;

std::uint64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

CallWatch::CallWatch(std::string application, std::string owner, Sink sink)
    : application_(std::move(application)), owner_(std::move(owner)), sink_(std::move(sink)) {}

void CallWatch::follow(const records::RolloutRecord& record) {
  trace_id_.clear();
  if (records::is_terminal(record.standing.phase) || record.standing.phases.empty()) return;
  trace_id_ = trace_of(owner_, record);
  phase_ = record.standing.phases.size() - 1;
  if (counted_ == trace_id_) return;
  counted_ = trace_id_;
  calls_.clear();
  reads_.clear();
  notable_.clear();
}

bool CallWatch::ends(const records::RolloutRecord& record) {
  const auto trace_id = trace_of(owner_, record);
  if (ended_ == trace_id) return false;
  ended_ = trace_id;
  if (counted_ != trace_id) calls_.clear();
  return true;
}

std::optional<CallWatch::Begun> CallWatch::begin() const {
  if (trace_id_.empty()) return std::nullopt;
  Begun begun;
  begun.trace_id = trace_id_;
  begun.phase = phase_;
  begun.start_ns = now_ns();
  begun.at = std::chrono::steady_clock::now();
  return begun;
}

bool CallWatch::has_room(const std::string& trace_id, std::size_t phase, bool notable, CallKind kind) {
  if (trace_id != counted_) return true;  // of the rollout before: its counts are told already
  auto& calls = calls_[phase];
  ++calls.made;
  auto& taken = notable || kind == CallKind::Changes ? notable_[phase] : reads_[phase];
  const auto most = notable || kind == CallKind::Changes ? notable_a_phase : reads_a_phase;
  if (taken < most) return ++taken, true;
  ++calls.left_out;
  return false;
}

void CallWatch::end(Begun begun, Call call, std::optional<Error> error) {
  const auto took = std::chrono::steady_clock::now() - begun.at;
  // To ask for something that is not there yet is an answer.
  if (error && error->code == ErrorCode::not_found && call.kind == CallKind::Reads) error.reset();
  if (!has_room(begun.trace_id, begun.phase, error || took >= slow, call.kind)) return;
  Span span;
  span.parent_id = phase_span_of(begun.trace_id, begun.phase);
  span.name = fmt::format("{} {}", call.dependency, call.operation);
  span.kind = SpanKind::Client;
  span.start_ns = begun.start_ns;
  span.end_ns =
      begun.start_ns + static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  span.span_id = make_span_id(begun.trace_id, fmt::format("{} {} {}", span.name, begun.start_ns, ++number_));
  span.trace_id = std::move(begun.trace_id);
  span.attributes = std::move(call.attributes);
  span.attributes.emplace_back("teal.application", application_);
  span.attributes.emplace_back("teal.dependency", std::string{call.dependency});
  span.attributes.emplace_back("teal.operation", std::string{call.operation});
  if (error) {
    span.attributes.emplace_back("error.type", std::string{to_string(error->code)});
    span.error = masking::mask_connection_strings(error->message);
  }
  sink_(std::move(span));
}

}  // namespace teal::tracing
