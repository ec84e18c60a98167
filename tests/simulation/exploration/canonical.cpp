// Which states go on in the same way. Times count by how far they lie from now, and beyond the longest timer not at
// all; ids by whether their container is still there. Of the rollout's record everything counts that is not text for
// people, a statistic, or of the past: a field that is added to it counts until it is named here.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <functional>
#include <utility>

#include "controllers/records/record_json.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

namespace json = boost::json;

constexpr Duration longest_timer = std::chrono::minutes{11};
constexpr Duration longest_pause = std::chrono::minutes{1};  // before what failed is tried again

class Writer {
 public:
  explicit Writer(const State& state) : state_(state) {}

  // As `text` has written it.
  void raw(std::string_view text) { out_ += text; }
  void text(std::string_view text) {
    out_ += text;
    out_ += '\x1f';
  }
  void number(std::int64_t number) { text(std::to_string(number)); }
  void flag(bool flag) { out_ += flag ? '1' : '0'; }
  void time(const std::optional<Time>& time, Duration longest = longest_timer) {
    if (!time) return text("-");
    number(std::clamp<Duration>(state_.now - *time, -longest, longest).count());
  }
  // "teal-a-b-r1-0#12": of the container that has the name now, or of one that is gone.
  void id(std::string_view id) {
    const auto name = id.substr(0, id.find('#'));
    const auto* box = state_.box(std::string{name});
    text(name);
    flag(box && box->seen.id == id);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  const State& state_;
  std::string out_;
};

// What is to be written of a record: as much as can be in one piece.
class Pieces {
 public:
  void text(std::string_view text) {
    if (all_.empty() || all_.back().time || all_.back().is_id) all_.emplace_back();
    all_.back().text += text;
    all_.back().text += '\x1f';
  }
  void number(std::int64_t number) { text(std::to_string(number)); }
  void time(Time time) { all_.emplace_back().time = time; }
  void id(std::string_view id) {
    all_.emplace_back().text = id;
    all_.back().is_id = true;
  }
  [[nodiscard]] std::vector<KeptRecord::Piece> take() { return std::move(all_); }

 private:
  std::vector<KeptRecord::Piece> all_;
};

void add_value(Pieces& pieces, const json::value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, child] : *object) {
      key.find('#') != key.npos ? pieces.id(key) : pieces.text(key);
      add_value(pieces, child);
    }
    return pieces.text("}");
  }
  if (const auto* array = value.if_array()) {
    for (const auto& child : *array) add_value(pieces, child);
    return pieces.text("]");
  }
  if (const auto* text = value.if_string()) {
    const std::string_view view{text->data(), text->size()};
    if (view.find(' ') != view.npos) return;  // words for people
    if (view.find('#') != view.npos) return pieces.id(view);
    if (view.size() >= 20 && view.back() == 'Z' && view[4] == '-') {
      const auto time = parse_time(view);
      return time ? pieces.time(*time) : pieces.text("-");
    }
    return pieces.text(view);
  }
  pieces.text(json::serialize(value));
}

int index_of(const Scene& scene, const spec::ApplicationSpec& spec) {
  const auto found = std::ranges::find(scene.specs, spec);
  return found == scene.specs.end() ? -1 : static_cast<int>(found - scene.specs.begin());
}

void add_revision(Pieces& pieces, const records::Revision& revision, const Scene& scene) {
  pieces.number(revision.number);
  pieces.number(index_of(scene, revision.application.spec));
  pieces.text(revision.image_digest);
}

// What is told apart by people only, or of the past, is left out before the rest becomes part of the fingerprint.
records::RolloutRecord bare(records::RolloutRecord record) {
  record.course.target.application = {};
  if (record.course.active) record.course.active->application = {};
  record.course.from_version.clear();
  record.outcome.reason = {};
  record.outcome.message.clear();
  record.outcome.failure.clear();
  record.started_at = {};
  record.outcome.finished_at.reset();
  record.traffic = {};
  record.outcome.removed_servers.clear();
  record.standing.verified_probes = std::min<std::uint64_t>(record.standing.verified_probes, 2);
  record.version = 0;
  record.generation = 0;
  const auto has_entered = [&](spec::Phase phase) {
    return std::ranges::find(record.standing.phases, phase, &records::PhaseSpan::phase) != record.standing.phases.end();
  };
  const bool introduced = has_entered(spec::Phase::Introducing);
  const bool withdrawn = has_entered(spec::Phase::Withdrawing);
  if (record.standing.phases.size() > 1)
    record.standing.phases.erase(record.standing.phases.begin(), record.standing.phases.end() - 1);
  if (withdrawn)
    record.standing.phases.insert(record.standing.phases.begin(), records::PhaseSpan{spec::Phase::Withdrawing, {}, {}});
  if (introduced)
    record.standing.phases.insert(record.standing.phases.begin(), records::PhaseSpan{spec::Phase::Introducing, {}, {}});
  const bool takes_its_time =
      record.standing.phase == spec::Phase::Verifying || record.standing.phase == spec::Phase::Retiring;
  if (!takes_its_time && !record.standing.phases.empty()) record.standing.phases.back().started_at = {};
  // A bake counts from the later one.
  const bool is_baking =
      record.standing.phase == spec::Phase::Verifying && !record.standing.phases.empty() && record.standing.bake_from;
  if (is_baking && record.standing.phases.back().started_at <= *record.standing.bake_from)
    record.standing.phases.back().started_at = {};
  for (auto* jobs : {&record.jobs, &record.hooks}) {
    for (auto& job : *jobs) {
      job.detail.clear();
      job.started_at.reset();
      job.finished_at.reset();
      job.exit_code.reset();
    }
  }
  for (auto& [id, aside] : record.aside) aside.since = {};
  for (auto& [name, restart] : record.restarts) restart.count = std::min(restart.count, 12);
  return record;
}

std::vector<KeptRecord::Piece> pieces_of(const records::RolloutRecord& record, const Scene& scene) {
  Pieces pieces;
  add_revision(pieces, record.course.target, scene);
  if (record.course.active) add_revision(pieces, *record.course.active, scene);
  add_value(pieces, to_json(bare(record)));
  return pieces.take();
}

void write_record(Writer& writer, const State& state, const Scene& scene) {
  const auto& record = *state.record;
  writer.number(state.desired->generation - record.generation);
  if (record.pieces.empty()) record.pieces = pieces_of(record, scene);
  for (const auto& piece : record.pieces) {
    if (piece.is_id) {
      writer.id(piece.text);
    } else if (piece.time) {
      writer.time(piece.time);
    } else {
      writer.raw(piece.text);
    }
  }
}

// What a replica that has not been well may take, or one without a port has to run for.
Duration longest_way_up(const Scene& scene) {
  Duration longest = std::chrono::seconds{30};
  for (const auto& spec : scene.specs) {
    for (const auto& component : spec.components) longest = std::max(longest, component.health.startup);
  }
  return longest;
}

void write_boxes(Writer& writer, const State& state, const Scene& scene) {
  const auto way_up = longest_way_up(scene);
  std::vector<const Box*> boxes;
  for (const auto& box : state.boxes) boxes.push_back(&box);
  std::ranges::sort(boxes, {}, [](const Box* one) -> const std::string& { return one->seen.name; });
  for (const auto* box : boxes) {
    const auto& seen = box->seen;
    writer.text(seen.name);
    writer.text(seen.image_id);
    writer.number(static_cast<int>(seen.state));
    // Its age counts while it is on its way up, and where it will be forgiven what it did before.
    const bool is_forgiven = state.record && state.record->restarts.contains(seen.name);
    const bool is_job = seen.role == world::Role::Migrate;
    const bool ages = is_forgiven || (is_job ? seen.state == world::ContainerState::Running : !box->ever);
    writer.time(ages ? seen.started_at : std::nullopt, is_forgiven || is_job ? longest_timer : way_up);
    writer.number(seen.exit_code.value_or(-1));
    writer.time(box->signalled_at);
    writer.number(std::min(state.tries_to_stop(*box), 3));
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
    writer.number(static_cast<int>(slot->seen.intake));
    writer.number(slot->seen.sessions.value_or(-1));
    writer.number(slot->verdict ? (*slot->verdict ? 1 : 0) : 2);
    writer.time(slot->drained_at);
  }
}

}  // namespace

bool same_record(const records::RolloutRecord& a, const records::RolloutRecord& b) {
  auto left = bare(a);
  auto right = bare(b);
  left.standing.patience = {};
  right.standing.patience = {};
  left.course.target.application = a.course.target.application;
  right.course.target.application = b.course.target.application;
  left.generation = a.generation;
  right.generation = b.generation;
  return left == right;
}

Fingerprint fingerprint(const State& state, const Scene& scene) {
  Writer writer{state};
  writer.number(index_of(scene, state.desired->application.spec));
  if (state.record) write_record(writer, state, scene);
  writer.text("boxes");
  write_boxes(writer, state, scene);
  writer.text("slots");
  write_slots(writer, state);
  for (const auto& version : state.trouble.sick) writer.text("sick " + version);
  for (const auto& version : state.trouble.crashing) writer.text("crashing " + version);
  for (const bool flag : {state.balancer_down, state.trouble.dependency_down, state.trouble.full_balancer,
                          state.trouble.stubborn, state.trouble.long_sessions, state.trouble.job_hangs,
                          state.trouble.unremovable, state.quiet, state.excused, state.asked}) {
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
    writer.time(failure.last_at, longest_pause);
  }
  writer.time(state.wake_at);
  writer.number(state.faults);
  writer.number(state.answers);
  const std::hash<std::string_view> hash;
  Fingerprint result;
  auto text = writer.take();
  result.high = hash(text);
  result.low = hash(text += "again");
  return result;
}

}  // namespace teal::exploration
