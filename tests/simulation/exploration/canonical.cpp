// Which states go on in the same way. Times count by how far they lie from now, and beyond the longest timer not at
// all; ids by whether their container is still there. Of the rollout's record everything counts that is not text for
// people, a statistic, or of the past: a field that is added to it counts until it is named here.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <functional>

#include "controllers/record_json.hpp"
#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

namespace json = boost::json;

constexpr Duration longest_timer = std::chrono::minutes{11};

class Writer {
 public:
  explicit Writer(const State& state) : state_(state) {}

  void text(std::string_view text) {
    out_ += text;
    out_ += '\x1f';
  }
  void number(std::int64_t number) { text(std::to_string(number)); }
  void flag(bool flag) { out_ += flag ? '1' : '0'; }
  void time(const std::optional<Time>& time) {
    if (!time) return text("-");
    number(std::clamp<Duration>(state_.now - *time, -longest_timer, longest_timer).count());
  }
  // "teal-a-b-r1-0#12": of the container that has the name now, or of one that is gone.
  void id(std::string_view id) {
    const auto name = id.substr(0, id.find('#'));
    const auto* box = state_.box(std::string{name});
    text(name);
    flag(box && box->seen.id == id);
  }
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  const State& state_;
  std::string out_;
};

void write_value(Writer& writer, const json::value& value, bool with_ids) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, child] : *object) {
      with_ids&& key.find('#') != key.npos ? writer.id(key) : writer.text(key);
      write_value(writer, child, with_ids);
    }
    return writer.text("}");
  }
  if (const auto* array = value.if_array()) {
    for (const auto& child : *array) write_value(writer, child, with_ids);
    return writer.text("]");
  }
  if (const auto* text = value.if_string()) {
    const std::string_view view{text->data(), text->size()};
    if (view.find(' ') != view.npos) return;  // words for people
    if (with_ids && view.find('#') != view.npos) return writer.id(view);
    if (view.size() >= 20 && view.back() == 'Z' && view[4] == '-') {
      const auto time = parse_time(view);
      return writer.time(time ? std::optional{*time} : std::nullopt);
    }
    return writer.text(view);
  }
  writer.text(json::serialize(value));
}

int index_of(const Scene& scene, const ApplicationSpec& spec) {
  const auto found = std::ranges::find(scene.specs, spec);
  return found == scene.specs.end() ? -1 : static_cast<int>(found - scene.specs.begin());
}

void write_revision(Writer& writer, const Revision& revision, const Scene& scene) {
  writer.number(revision.number);
  writer.number(index_of(scene, revision.application.spec));
  writer.text(revision.image_digest);
}

// What is told apart by people only, or of the past, is left out before the rest becomes part of the fingerprint.
RolloutRecord bare(RolloutRecord record) {
  record.target.application = {};
  if (record.active) record.active->application = {};
  record.from_version.clear();
  record.reason.clear();
  record.message.clear();
  record.failure.clear();
  record.started_at = {};
  record.finished_at.reset();
  record.traffic = {};
  record.verified_probes = std::min<std::uint64_t>(record.verified_probes, 2);
  record.version = 0;
  record.generation = 0;
  const bool introduced =
      std::ranges::any_of(record.phases, [](const PhaseSpan& one) { return one.phase == Phase::Introducing; });
  if (record.phases.size() > 1) record.phases.erase(record.phases.begin(), record.phases.end() - 1);
  if (introduced) record.phases.insert(record.phases.begin(), PhaseSpan{Phase::Introducing, {}, {}});
  const bool takes_its_time = record.phase == Phase::Verifying || record.phase == Phase::Retiring;
  if (!takes_its_time && !record.phases.empty()) record.phases.back().started_at = {};
  for (auto* jobs : {&record.jobs, &record.hooks}) {
    for (auto& job : *jobs) {
      job.detail.clear();
      job.started_at.reset();
      job.finished_at.reset();
      job.exit_code.reset();
    }
  }
  for (auto& [name, restart] : record.restarts) restart.count = std::min(restart.count, 12);
  return record;
}

void write_record(Writer& writer, const State& state, const Scene& scene) {
  const auto& record = *state.record;
  write_revision(writer, record.target, scene);
  if (record.active) write_revision(writer, *record.active, scene);
  writer.number(state.desired->generation - record.generation);
  write_value(writer, to_json(bare(record)), true);
}

void write_boxes(Writer& writer, const State& state) {
  std::vector<const Box*> boxes;
  for (const auto& box : state.boxes) boxes.push_back(&box);
  std::ranges::sort(boxes, {}, [](const Box* one) -> const std::string& { return one->seen.name; });
  for (const auto* box : boxes) {
    const auto& seen = box->seen;
    writer.text(seen.name);
    writer.text(seen.image_id);
    writer.number(static_cast<int>(seen.state));
    // Its age counts while it is on its way up, and where it will be forgiven what it did before.
    const bool ages = !box->ever || (state.record && state.record->restarts.contains(seen.name));
    writer.time(ages ? seen.started_at : std::nullopt);
    writer.number(seen.exit_code.value_or(-1));
    writer.time(box->signalled_at);
    writer.number(std::min(box->attempts, 3));
    for (const bool flag : {seen.exit_witnessed, box->heard, box->ever, box->was_well, box->signals > 0}) {
      writer.flag(flag);
    }
  }
}

void write_slots(Writer& writer, const State& state) {
  std::vector<const Slot*> slots;
  for (const auto& slot : state.slots) slots.push_back(&slot);
  std::ranges::sort(slots, {}, [](const Slot* one) { return one->balancer + one->seen.name; });
  for (const auto* slot : slots) {
    writer.text(slot->balancer);
    writer.text(slot->seen.name);
    const auto* box = state.box(slot->seen.name);
    writer.flag(box && box->seen.address == slot->seen.address);
    writer.number(static_cast<int>(slot->seen.admin));
    writer.number(slot->seen.sessions);
    writer.number(slot->verdict ? (*slot->verdict ? 1 : 0) : 2);
    writer.time(slot->drained_at);
  }
}

}  // namespace

bool same_record(const RolloutRecord& a, const RolloutRecord& b) {
  auto left = bare(a);
  auto right = bare(b);
  left.progressed_at.reset();
  right.progressed_at.reset();
  left.target.application = a.target.application;
  right.target.application = b.target.application;
  left.generation = a.generation;
  right.generation = b.generation;
  return left == right;
}

Fingerprint fingerprint(const State& state, const Scene& scene) {
  Writer writer{state};
  writer.number(index_of(scene, state.desired->application.spec));
  if (state.record) write_record(writer, state, scene);
  writer.text("boxes");
  write_boxes(writer, state);
  writer.text("slots");
  write_slots(writer, state);
  for (const auto& version : state.standing.sick) writer.text("sick " + version);
  for (const auto& version : state.standing.crashing) writer.text("crashing " + version);
  for (const bool flag :
       {state.balancer_down, state.standing.full_balancer, state.standing.stubborn, state.standing.long_sessions,
        state.standing.job_hangs, state.quiet, state.excused, state.asked}) {
    writer.flag(flag);
  }
  for (const auto& one : state.migrated) writer.text("on record " + one);
  for (const auto& one : state.done) writer.text("done " + one);
  for (const auto& [job, count] : state.starts) {
    writer.text(job);
    writer.number(count);
  }
  for (const auto& [action, failure] : state.failures) {
    writer.text(action);
    writer.number(static_cast<int>(failure.error.code));
    writer.number(std::min(failure.count, 7));
    writer.time(failure.last_at);
  }
  writer.time(state.wake_at);
  writer.number(state.faults);
  writer.number(state.answers);
  const std::hash<std::string_view> hash;
  Fingerprint result;
  result.high = hash(writer.out());
  result.low = hash(writer.out() + "again");
  return result;
}

}  // namespace teal::exploration
