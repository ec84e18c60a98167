#include "daemon/drivers/tracing/rollout_spans.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::tracing {
namespace {

bool has_failed(const records::RolloutRecord& record) {
  return record.standing.phase == spec::Phase::RolledBack || record.standing.phase == spec::Phase::Failed;
}

std::string reason_of(const records::RolloutRecord& record) {
  const auto& first = record.outcome.failure_reason;
  return std::string{to_string(first.empty() ? record.outcome.reason : first)};
}

std::string why_it_failed(const records::RolloutRecord& record) {
  const auto& message = record.outcome.failure.empty() ? record.outcome.message : record.outcome.failure;
  return message.empty() ? reason_of(record) : fmt::format("{}: {}", reason_of(record), message);
}

// The phase before going back, or the last one.
std::size_t failed_phase(const records::RolloutRecord& record) {
  const auto back = std::ranges::find(record.standing.phases, spec::Phase::RollingBack, &records::PhaseSpan::phase);
  const auto index = static_cast<std::size_t>(back - record.standing.phases.begin());
  return index == 0 ? 0 : index - 1;
}

std::string_view name_of(spec::Strategy strategy) {
  return strategy == spec::Strategy::Recreate ? "Recreate" : "BlueGreen";
}

Span root(const std::string& trace_id, const records::RolloutRecord& record, Time end) {
  Span span;
  span.trace_id = trace_id;
  span.span_id = root_span_of(trace_id);
  span.name = "rollout " + record.application;
  span.start_ns = nanoseconds(record.started_at);
  span.end_ns = std::max(span.start_ns, nanoseconds(end));
  const bool failed = has_failed(record);
  auto& attributes = span.attributes;
  attributes.emplace_back("teal.application", record.application);
  attributes.emplace_back("teal.rollout", records::rollout_name(record));
  attributes.emplace_back("teal.revision", std::int64_t{record.course.target.number});
  attributes.emplace_back("teal.version", record.course.target.application.spec.version);
  if (!record.course.from_version.empty()) attributes.emplace_back("teal.version.from", record.course.from_version);
  if (!record.course.requested_by.empty()) attributes.emplace_back("teal.requested_by", record.course.requested_by);
  if (record.course.strategy) attributes.emplace_back("teal.strategy", std::string{name_of(*record.course.strategy)});
  attributes.emplace_back("teal.phase", std::string{to_string(record.standing.phase)});
  attributes.emplace_back("deployment.name", records::rollout_name(record));
  if (record.standing.phase != spec::Phase::Superseded) {
    attributes.emplace_back("deployment.status", std::string{failed ? "failed" : "succeeded"});
  }
  if (!record.course.target.image_digest.empty())
    attributes.emplace_back("container.image.id", record.course.target.image_digest);
  attributes.emplace_back("teal.traffic.probes", static_cast<std::int64_t>(record.traffic.probes));
  attributes.emplace_back("teal.traffic.failed", static_cast<std::int64_t>(record.traffic.failed));
  if (failed) {
    attributes.emplace_back("error.type", reason_of(record));
    span.error = why_it_failed(record);
  }
  return span;
}

Span child(const Span& parent, std::string id, std::string name, Time start, Time end) {
  Span span;
  span.trace_id = parent.trace_id;
  span.span_id = std::move(id);
  span.parent_id = parent.span_id;
  span.name = std::move(name);
  span.start_ns = nanoseconds(start);
  span.end_ns = std::max(span.start_ns, nanoseconds(end));
  span.attributes.emplace_back("teal.application", std::get<std::string>(parent.attributes.front().second));
  return span;
}

void add_outcome(const records::JobRecord& job, Span& span) {
  span.attributes.emplace_back("teal.job", job.job);
  span.attributes.emplace_back("teal.job.state", std::string{to_string(job.state)});
  span.attributes.emplace_back("teal.job.attempts", std::int64_t{job.attempts});
  if (job.exit_code) span.attributes.emplace_back("process.exit.code", std::int64_t{*job.exit_code});
  if (job.state == records::JobState::Succeeded || job.state == records::JobState::NotNeeded) return;
  span.attributes.emplace_back("error.type", std::string{to_string(job.state)});
  span.error = job.detail.empty() ? std::string{to_string(job.state)} : job.detail;
}

}  // namespace

std::string trace_of(std::string_view owner, const records::RolloutRecord& record) {
  return make_trace_id(owner, records::rollout_name(record), record.started_at);
}

std::string root_span_of(std::string_view trace_id) { return make_span_id(trace_id, "rollout"); }

std::string phase_span_of(std::string_view trace_id, std::size_t index) {
  return make_span_id(trace_id, fmt::format("phase {}", index));
}

std::vector<Span> rollout_spans(std::string_view owner, const records::RolloutRecord& record,
                                const std::map<std::size_t, PhaseCalls>& calls) {
  const auto trace_id = trace_of(owner, record);
  const auto end = record.outcome.finished_at.value_or(record.started_at);
  std::vector<Span> spans{root(trace_id, record, end)};
  for (std::size_t i = 0; i < record.standing.phases.size(); ++i) {
    const auto& phase = record.standing.phases[i];
    auto span = child(spans.front(), phase_span_of(trace_id, i), std::string{to_string(phase.phase)}, phase.started_at,
                      phase.finished_at.value_or(end));
    span.attributes.emplace_back("teal.phase", span.name);
    if (const auto made = calls.find(i); made != calls.end()) {
      span.attributes.emplace_back("teal.calls", made->second.made);
      span.attributes.emplace_back("teal.calls.left_out", made->second.left_out);
    }
    if (has_failed(record) && i == failed_phase(record)) span.error = why_it_failed(record);
    spans.push_back(std::move(span));
  }
  auto jobs = record.jobs;
  jobs.insert(jobs.end(), record.hooks.begin(), record.hooks.end());
  for (const auto& job : jobs) {
    if (!job.started_at) continue;
    // The phase that ran when it began; a job on record is never older than its rollout, whatever the clocks say.
    std::size_t parent = 0;
    for (std::size_t i = 0; i < record.standing.phases.size(); ++i) {
      if (record.standing.phases[i].started_at <= *job.started_at) parent = i + 1;
    }
    auto span = child(spans[parent], make_span_id(trace_id, "job " + job.job), "job " + job.job, *job.started_at,
                      job.finished_at.value_or(end));
    add_outcome(job, span);
    spans.push_back(std::move(span));
  }
  return spans;
}

}  // namespace teal::tracing
