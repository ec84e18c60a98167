// What the fake store cannot read, because a test has spoilt it.
#include "tests/support/fake_store.hpp"

namespace teal::test {

using boost::asio::awaitable;

awaitable<Result<std::vector<records::UnreadableApplication>>> FakeStore::unreadable_applications() {
  const auto outcome = enter("unreadable_applications");
  if (outcome.before) co_return *outcome.before;
  std::vector<records::UnreadableApplication> all;
  for (const auto& name : spoilt_applications_) {
    const auto& record = applications_.at(name);
    records::UnreadableApplication one;
    one.salvaged.application.name = name;
    one.salvaged.file = record.file;
    one.salvaged.generation = record.generation;
    one.problem = "application record: application.spec is no object";
    all.push_back(std::move(one));
  }
  co_return all;
}

void FakeStore::spoil_newest(const std::string& application, std::function<void(records::UnreadableRollout&)> salvage) {
  const auto* record = newest(application);
  records::UnreadableRollout spoilt;
  spoilt.application = application;
  spoilt.revision = record->course.target.number;
  spoilt.version = record->version;
  spoilt.problem = "rollout record: target is no object";
  spoilt.target = record->course.target;
  spoilt.active = record->course.active;
  spoilt.phase = record->standing.phase;
  spoilt.jobs = record->jobs;
  spoilt.generation = record->generation;
  if (salvage) salvage(spoilt);
  spoilt_rollouts_[{application, spoilt.revision}] = std::move(spoilt);
}

awaitable<Result<std::vector<records::UnreadableRollout>>> FakeStore::unreadable_rollouts(std::string application) {
  const auto outcome = enter("unreadable_rollouts");
  if (outcome.before) co_return *outcome.before;
  std::vector<records::UnreadableRollout> all;
  for (const auto& [key, spoilt] : spoilt_rollouts_) {
    if (key.first == application) all.insert(all.begin(), spoilt);
  }
  co_return all;
}

}  // namespace teal::test
