#include "controllers/reconcile/ask_database.hpp"

#include <fmt/format.h>

#include <utility>

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

struct Question {
  ports::DatabaseAccess access;
  ports::LedgerKey key;
};

awaitable<Result<Question>> question_of(const ports::Ports& ports, const records::RolloutRecord& record,
                                        std::string job, int attempt) {
  if (ports.database == nullptr) co_return Error{ErrorCode::invalid, "this teald speaks to no databases"};
  const auto* wanted = spec::find_job(record.course.target.application.spec, job);
  if (wanted == nullptr || !wanted->database) co_return Error{ErrorCode::internal, "no such database on record"};
  auto access = co_await ports::read_access(*ports.secrets, *wanted->database);
  if (!access) co_return access.error();
  auto owner = co_await ports.store->owner();
  if (!owner) co_return within("store", owner.error());
  Question question;
  question.access = std::move(*access);
  question.key.application = record.application;
  question.key.job = std::move(job);
  question.key.owner = std::move(*owner);
  question.key.image_digest = record.course.target.image_digest;
  question.key.version = record.course.target.application.spec.version;
  question.key.revision = record.course.target.number;
  question.key.attempt = attempt;
  co_return question;
}

awaitable<Result<world::DatabaseView>> view_after(ports::Database& database, Question question,
                                                  rollout::AskDatabase action) {
  auto access = std::move(question.access);
  auto key = std::move(question.key);
  switch (action.step) {
    case rollout::DatabaseStep::Lock:
      return database.lock(std::move(access), std::move(key));
    case rollout::DatabaseStep::Begin:
      return database.begin(std::move(access), std::move(key));
    case rollout::DatabaseStep::Finish:
      return database.finish(std::move(access), std::move(key), action.outcome, action.exit_code);
    case rollout::DatabaseStep::Abandon:
      return database.abandon(std::move(access), std::move(key));
    case rollout::DatabaseStep::Look:
    case rollout::DatabaseStep::Unlock:
    case rollout::DatabaseStep::Preflight:
    case rollout::DatabaseStep::Grants:
      break;
  }
  return database.look(std::move(access), std::move(key));
}

// Needs nobody's password and nothing of the spec, which may name the job or its database no more.
awaitable<Result<void>> give_back(const ports::Ports& ports, std::string application, std::string job,
                                  rollout::DatabaseSeen& seen) {
  if (ports.database == nullptr || !seen.held_on) co_return Result<void>{};
  ports::DatabaseAccess access;
  access.target = *seen.held_on;
  ports::LedgerKey key;
  key.application = std::move(application);
  key.job = std::move(job);
  auto given = co_await ports.database->unlock(std::move(access), std::move(key));
  if (!given) co_return given;
  seen.view.reset();
  seen.held_on.reset();
  co_return given;
}

}  // namespace

awaitable<Result<void>> ask_database(const ports::Ports& ports, records::RolloutRecord record,
                                     rollout::AskDatabase action, rollout::DatabaseSeen& seen) {
  if (action.step == rollout::DatabaseStep::Unlock) {
    co_return co_await give_back(ports, std::move(record.application), std::move(action.job), seen);
  }
  const int revision = action.revision;
  if (seen.revision != revision) {
    seen.view.reset();
    seen.findings.reset();
    seen.ungranted.reset();
    seen.revision = revision;
  }
  auto question = co_await question_of(ports, record, action.job, action.attempt);
  if (!question) co_return question.error();
  seen.owner = question->key.owner;
  auto& database = *ports.database;
  if (action.step == rollout::DatabaseStep::Preflight) {
    const bool strict = record.course.target.application.spec.migration.strict_credentials;
    auto findings = co_await database.preflight(std::move(question->access), std::move(question->key), strict);
    if (!findings) co_return findings.error();
    if (seen.revision != revision) co_return Result<void>{};  // a newer rollout asks by now
    seen.findings = std::move(*findings);
    seen.findings_at = ports.clock->now();
    co_return Result<void>{};
  }
  if (action.step == rollout::DatabaseStep::Grants) {
    auto ungranted = co_await database.ungranted(std::move(question->access), std::move(question->key));
    if (!ungranted) co_return ungranted.error();
    if (seen.revision != revision) co_return Result<void>{};
    seen.ungranted = std::move(*ungranted);
    seen.ungranted_at = ports.clock->now();
    co_return Result<void>{};
  }
  auto target = question->access.target;
  auto view = co_await view_after(database, std::move(*question), std::move(action));
  const bool is_asked_for = seen.revision == revision;
  if (is_asked_for) seen.view_at = ports.clock->now();
  if (!view) {
    if (is_asked_for) seen.view.reset();
    co_return view.error();
  }
  const bool was_here = seen.held_on && world::place_of(*seen.held_on) == world::place_of(target);
  if (view->held) {
    seen.held_on = std::move(target);
  } else if (was_here) {
    seen.held_on.reset();
  }
  if (is_asked_for) seen.view = std::move(*view);
  co_return Result<void>{};
}

awaitable<Result<void>> confirm_lock(const ports::Ports& ports, const records::RolloutRecord& record,
                                     std::string container) {
  std::vector<records::JobRecord> all = record.jobs;
  all.insert(all.end(), record.hooks.begin(), record.hooks.end());
  for (const auto& job : all) {
    if (job.state != records::JobState::Running) continue;
    if (spec::container_name(record.application, job.job, record.course.target.number, job.attempts) != container)
      continue;
    const auto* wanted = spec::find_job(record.course.target.application.spec, job.job);
    if (wanted == nullptr || !wanted->database) continue;
    auto question = co_await question_of(ports, record, job.job, job.attempts);
    if (!question) co_return question.error();
    co_return co_await ports.database->confirm(std::move(question->access), std::move(question->key));
  }
  co_return Result<void>{};
}

}  // namespace teal::reconcile
