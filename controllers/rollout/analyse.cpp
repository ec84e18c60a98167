#include "controllers/rollout/analyse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/rules.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/spec/analysis_query.hpp"

namespace teal::rollout {
namespace {

constexpr std::size_t longest_query_shown = 200;

bool is_baking(const records::RolloutRecord& record) {
  if (record.orders.paused || !rules_of(record).bakes) return false;  // what failed before a retry does not count
  return record.standing.phase == spec::Phase::Verifying ||
         (record.standing.phase == spec::Phase::AwaitingApproval && record.standing.awaiting != spec::Phase::Migrating);
}

bool has_old(const records::RolloutRecord& record) {
  return record.course.active && strategy_of(record) != spec::Strategy::Recreate;
}

std::string query_for(const spec::Analysis& analysis, const records::Revision& revision) {
  return spec::fill_placeholders(analysis.query, revision.number, revision.application.spec.version,
                                 revision.application.name);
}

world::AnalysisTarget target_of(const records::RolloutRecord& record, const spec::Analysis& analysis) {
  world::AnalysisTarget target;
  target.analysis = analysis;
  target.query = query_for(analysis, record.course.target);
  if (analysis.compare_to_old) target.old_query = query_for(analysis, *record.course.active);
  return target;
}

// What is known of one now. `at` stays empty until it has been asked.
objects::AnalysisRecord newest(const Pass& pass, const spec::Analysis& analysis) {
  objects::AnalysisRecord result;
  result.name = analysis.name;
  result.limit = world::limit_text(analysis);
  if (analysis.compare_to_old && !has_old(pass.next)) {
    result.state = objects::AnalysisState::Passing;
    result.answer = "no old revision runs beside it to compare with";
    return result;
  }
  if (!pass.world.can_analyse) {
    result.answer = "teald.yaml has no prometheus.url any more";
    if (analysis.on_no_data == spec::OnNoData::Fail) result.failures = analysis.failures;
    result.at = pass.now;
    return result;
  }
  const auto target = target_of(pass.next, analysis);
  const auto found = std::ranges::find(pass.world.analysis, target, &world::AnalysisView::target);
  if (found == pass.world.analysis.end()) {
    result.answer = "not asked yet";
    return result;
  }
  result.value = found->value;
  result.state = found->state;
  result.failures = found->failures;
  result.answer = found->answer;
  result.at = found->at;
  return result;
}

std::string shown_query(const Pass& pass, const spec::Analysis& analysis) {
  auto query = query_for(analysis, pass.next.course.target);
  if (query.size() > longest_query_shown) query = std::string{first_bytes(query, longest_query_shown)} + "…";
  return analysis.compare_to_old ? query + " less that of the old revision" : query;
}

// "analysis errors: sum(…) is 0.2, limit max 0.01", "analysis errors: sum(…) has no data (no answer: …)".
std::string finding(const Pass& pass, const spec::Analysis& analysis, const objects::AnalysisRecord& result) {
  const auto query = shown_query(pass, analysis);
  if (!result.value) {
    return fmt::format("analysis {}: {} has no data ({}), limit {}", analysis.name, query, result.answer, result.limit);
  }
  return fmt::format("analysis {}: {} is {}, limit {}", analysis.name, query, result.answer, result.limit);
}

std::optional<Why> why_pending(const Pass& pass, const spec::Analysis& analysis,
                               const objects::AnalysisRecord& result) {
  const bool never_asked = !result.at && result.state == objects::AnalysisState::NoData;
  if (never_asked) {
    return Why{spec::Reason::Analysing, fmt::format("waits for the first answer of analysis {}", analysis.name)};
  }
  if (world::counts_as_failure(analysis, result.state)) {
    return Why{spec::Reason::AnalysisFailing, fmt::format("{}; {} of {} failures", finding(pass, analysis, result),
                                                          result.failures, analysis.failures)};
  }
  if (result.state == objects::AnalysisState::NoData && analysis.on_no_data == spec::OnNoData::Hold) {
    return Why{spec::Reason::AnalysisWithoutData,
               finding(pass, analysis, result) + "; the bake does not end before it has"};
  }
  return std::nullopt;
}

std::string summarized(const objects::AnalysisRecord& result) {
  return result.value ? fmt::format("{} {} ({})", result.name, result.answer, result.limit)
                      : fmt::format("{}: {}", result.name, result.answer);
}

}  // namespace

std::vector<world::AnalysisTarget> analysis_targets(const records::RolloutRecord& record) {
  std::vector<world::AnalysisTarget> targets;
  if (!is_baking(record)) return targets;
  for (const auto& analysis : record.course.target.application.spec.rollout.analysis) {
    if (!analysis.compare_to_old || has_old(record)) targets.push_back(target_of(record, analysis));
  }
  return targets;
}

AnalysisReport analyse(Pass& pass) {
  AnalysisReport report;
  std::vector<objects::AnalysisRecord> results;
  for (const auto& analysis : pass.spec().rollout.analysis) {
    const auto result = newest(pass, analysis);
    if (!report.broken && result.failures >= analysis.failures) {
      report.broken = Why{spec::Reason::AnalysisFailed,
                          fmt::format("{}; {} failures in a row", finding(pass, analysis, result), result.failures)};
    }
    if (!report.pending) report.pending = why_pending(pass, analysis, result);
    report.summary += (report.summary.empty() ? "" : ", ") + summarized(result);
    results.push_back(result);
  }
  pass.next.analysis = std::move(results);
  return report;
}

}  // namespace teal::rollout
