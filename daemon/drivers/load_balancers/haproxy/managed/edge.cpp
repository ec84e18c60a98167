#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "daemon/drivers/load_balancers/haproxy/managed/edge_certificates.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_folder.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_includes.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_process.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_steps.hpp"
#include "daemon/drivers/load_balancers/haproxy/releases.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::haproxy {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Duration reload_patience = 10s;
constexpr Duration reload_again = 1s;
constexpr Duration reload_pause = 5s;  // before one that did not work is asked for again
constexpr Duration look_again = 20ms;
constexpr Duration moved_patience = 1s;  // later releases take a new address over in the background
constexpr std::size_t more_slots = 8;

// Held by the one call that looks at the state and changes it.
class EdgeTurn {
 public:
  explicit EdgeTurn(bool& taken) : taken_(&taken) { taken = true; }
  EdgeTurn(EdgeTurn&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  EdgeTurn& operator=(EdgeTurn&&) = delete;
  ~EdgeTurn() {
    if (taken_ != nullptr) *taken_ = false;
  }

 private:
  bool* taken_;
};

class ManagedEdge final : public Edge {
 public:
  explicit ManagedEdge(EdgeOptions options)
      : options_(std::move(options)),
        process_(options_.place.socket(), options_.place.master(), options_.telemetry),
        certificates_(options_.place, options_.certificates),
        includes_(options_.place, options_.include, options_.program) {}

  awaitable<Result<void>> begin() override {
    const auto turn = co_await take_turn();
    co_return co_await load();
  }

  awaitable<Result<void>> refresh_certificates() override {
    const auto turn = co_await take_turn();
    if (auto loaded = co_await load(); !loaded) co_return loaded;
    auto work = [this] { return certificates_.has_changed() ? certificates_.read() : Result<void>{}; };
    auto read = options_.files != nullptr ? co_await options_.files->run(std::move(work)) : work();
    tell_of_certificates();
    for (const auto& news : certificates_.take_news()) {
      if (options_.warn) options_.warn(news);
    }
    if (!read) co_return read;
    const auto identity = co_await process_.look();
    // One that does not run, or has another configuration still, loads what was written.
    if (!identity || identity->structure != structure_) co_return Result<void>{};
    if (certificates_.are_told(identity->process.pid)) co_return Result<void>{};
    co_return co_await certificates_.tell(process_, identity->process.pid);
  }

  awaitable<Result<void>> refresh_includes() override {
    const auto turn = co_await take_turn();
    if (auto loaded = co_await load(); !loaded) co_return loaded;
    auto changed = [this] { return includes_.has_changed(); };
    if (!(options_.files != nullptr ? co_await options_.files->run(std::move(changed)) : changed()))
      co_return Result<void>{};
    const auto wanted = std::make_shared<EdgeState>(state_);
    auto look = [this, wanted]() -> Result<void> {
      auto texts = includes_.read();
      if (!texts) return texts.error();
      if (*texts == wanted->includes) return {};
      wanted->includes = std::move(*texts);
      return includes_.judge(*wanted);
    };
    const auto judged = options_.files != nullptr ? co_await options_.files->run(std::move(look)) : look();
    if (!judged) co_return Error{judged.error().code, judged.error().message + "; what was in force before stays so"};
    if (wanted->includes == state_.includes) co_return Result<void>{};
    state_.includes = std::move(wanted->includes);
    if (auto saved = co_await save(); !saved) co_return saved;
    const auto identity = co_await process_.look();
    if (!identity) co_return Result<void>{};  // whoever starts it starts it with them
    co_return co_await settle(*identity);
  }

  [[nodiscard]] bool takes_routes() const override { return true; }
  [[nodiscard]] std::vector<world::Certificate> certificates() const override { return served_; }

  awaitable<Result<void>> claim(std::string application, std::vector<ports::BackendSpec> backends) override {
    std::vector<EdgeClaim> claims;
    for (auto& one : backends) {
      if (auto checked = check_name("backend", one.name); !checked) co_return checked;
      claims.push_back(
          {std::move(one.name), std::move(one.routes), std::move(one.health), one.replicas, one.maintenance});
    }
    const auto turn = co_await take_turn();
    if (auto loaded = co_await load(); !loaded) co_return loaded;
    const auto before = state_.claims.find(application);
    if (before == state_.claims.end() ? claims.empty() : before->second == claims) co_return Result<void>{};
    auto wanted = state_;
    haproxy::claim(wanted, application, std::move(claims));
    if (auto judged = co_await judge(wanted); !judged) co_return judged;
    state_ = std::move(wanted);
    co_return co_await save();
  }

  awaitable<Result<ports::Release>> release() override {
    const auto identity = co_await process_.look();
    if (!identity) co_return identity.error();
    co_return ports::Release{"HAProxy " + version_in(identity->release),
                             "its servers are slots that the next replica takes over, so none is ever deleted"};
  }

  awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    const auto turn = co_await take_turn();
    const auto known = co_await know(backend);
    if (!known && known.error().code != ErrorCode::not_found) co_return known.error();
    const auto identity = co_await process_.look();
    if (!identity) co_return identity.error();
    // It is made as soon as an application claims it.
    if (!known) co_return std::vector<world::Server>{};
    if (auto settled = co_await settle(*identity); !settled) {
      // One that nobody has used yet is empty, loaded or not; why it is not loaded is told among the obstacles.
      const auto& slots = state_.slots.at(backend);
      if (std::ranges::all_of(slots, [](const EdgeSlot& slot) { return slot.replica.empty(); }))
        co_return std::vector<world::Server>{};
      co_return settled.error();
    }
    auto servers = co_await equal_servers(backend);
    if (!servers) co_return servers.error();
    auto told = tell(backend, *servers);
    if (!told) co_return told.error();
    co_await note_leftover(backend, *told);
    co_return told;
  }

  awaitable<Result<std::vector<std::string>>> obstacles(std::string backend) override {
    const auto turn = co_await take_turn();
    const auto known = co_await know(std::move(backend));
    if (!known && known.error().code != ErrorCode::not_found) co_return known.error();
    const auto identity = co_await process_.look();
    if (!identity) co_return identity.error();
    std::vector<std::string> found;
    if (auto settled = co_await settle(*identity); !settled) found.push_back(settled.error().message);
    co_return found;
  }

  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override {
    const auto found = leftovers_.find(backend);
    return found == leftovers_.end() ? world::Leftover{} : found->second;
  }

  [[nodiscard]] std::map<std::string, std::string> probe_headers(const std::string& backend) const override {
    if (!loaded_) return {};
    return {{std::string{probe_header}, probe_value(state_, backend)}};
  }

  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    if (auto checked = check_name("server", spec.name); !checked) co_return checked;
    if (auto checked = check_address(spec.address); !checked) co_return checked;
    const auto turn = co_await take_turn();
    auto servers = co_await ready_servers(backend);
    if (!servers) co_return servers.error();
    auto* slots = &state_.slots.at(backend);
    if (haproxy::slot_of(*slots, spec.name) != nullptr) {
      co_return Error{ErrorCode::conflict, fmt::format("{} has a server of {} already", backend, spec.name)};
    }
    auto free = free_index(*slots, *servers);
    if (!free) {
      add_slots(*slots, more_slots);
      if (auto saved = co_await save(); !saved) co_return saved;
      servers = co_await ready_servers(backend);
      if (!servers) co_return servers.error();
      slots = &state_.slots.at(backend);
      free = free_index(*slots, *servers);
      if (!free) co_return Error{ErrorCode::unavailable, backend + " has no free slot"};
    }
    EdgeSlot taken;
    taken.replica = std::move(spec.name);
    taken.address = std::move(spec.address);
    taken.state = SlotState::Draining;
    if (const auto seen = seen_slot(*servers, *free)) taken.errors_before = seen->errors();
    slots->at(*free) = std::move(taken);
    co_return co_await save_and_follow(std::move(backend));
  }

  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    const auto turn = co_await take_turn();
    co_return co_await move(std::move(backend), std::move(name), SlotState::Open);
  }

  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    const auto turn = co_await take_turn();
    co_return co_await move(std::move(backend), std::move(name), SlotState::Draining);
  }

  awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override {
    if (auto checked = check_name("server", name); !checked) co_return checked;
    const auto turn = co_await take_turn();
    if (auto known = co_await know(backend); !known) co_return known;
    if (haproxy::slot_of(state_.slots.at(backend), name) == nullptr) {
      const auto identity = co_await process_.look();
      if (!identity) co_return identity.error();
      co_return Result<void>{};
    }
    if (auto moved = co_await move(backend, name, SlotState::Closed); !moved) co_return moved;
    const auto identity = co_await process_.look();
    if (!identity) co_return identity.error();
    const auto servers = co_await process_.servers(backend, identity->process.pid);
    if (!servers) co_return servers.error();
    auto& slots = state_.slots.at(backend);
    auto* slot = haproxy::slot_of(slots, name);
    const auto index = static_cast<std::size_t>(slot - slots.data());
    const auto seen = seen_slot(*servers, index);
    if (!seen) co_return seen.error();
    if (seen->sessions() > 0 && !cut_sessions)
      co_return Error{ErrorCode::conflict, fmt::format("{}/{} still has sessions", backend, slot_name(index))};
    if (seen->sessions() > 0 && cuts_safely(release_of(identity->release))) {
      std::vector<std::string> lines{fmt::format("shutdown sessions server {}/{}", backend, slot_name(index)),
                                     fmt::format("shutdown sessions server {}/{}", backend, open_name(index))};
      if (auto cut = co_await process_.command("remove", std::move(lines)); !cut) co_return cut;
    }
    *slot = {};
    auto wanted = state_;
    drop_unused(wanted);
    // An include may still lead to a backend that nobody wants any more; then that stays, and is empty.
    if (co_await judge(wanted)) state_ = std::move(wanted);
    co_return co_await save();
  }

 private:
  awaitable<EdgeTurn> take_turn() {
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    while (busy_) {
      timer.expires_after(1ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return EdgeTurn{busy_};
  }

  // The state that the folder has: another teald may have written it, before this one or beside it.
  awaitable<Result<void>> load() {
    const auto path = options_.place.file("state.json");
    const auto stamp = stamp_of(path);
    if (loaded_ && stamp == stamp_) co_return Result<void>{};
    if (stamp.size >= 0) {
      const auto text = read_file(path);
      if (!text) co_return text.error();
      auto state = read_state(*text);
      if (!state) {
        co_return within(path +
                             " is not what teald wrote: put it back, or move it away to begin anew (until the next "
                             "upgrade of each application HAProxy then answers 503)",
                         state.error());
      }
      state_ = std::move(*state);
    } else if (!loaded_) {
      auto secret = random_hex(16);
      if (!secret) co_return Error{ErrorCode::unavailable, "the system has no random bytes"};
      state_ = {};
      state_.secret = std::move(*secret);
    }
    loaded_ = true;
    stamp_ = stamp;
    written_.clear();
    co_return co_await save();
  }

  // Includes that HAProxy took may not fit what comes to stand beside them.
  awaitable<Result<void>> judge(EdgeState wanted) {
    if (wanted.includes.empty() || render(options_.place, wanted).structure == structure_) co_return Result<void>{};
    auto work = [this, wanted] { return includes_.judge(wanted); };
    co_return options_.files != nullptr ? co_await options_.files->run(std::move(work)) : work();
  }

  // The state first: what is killed in between leaves files of one step before, and they are written again.
  awaitable<Result<void>> save() {
    auto rendered = render(options_.place, state_);
    std::vector<std::pair<std::string, std::string>> files;
    files.emplace_back("state.json", state_text(state_));
    for (auto& each : rendered.files) files.push_back(std::move(each));
    std::erase_if(files, [&](const auto& each) {
      const auto found = written_.find(each.first);
      return found != written_.end() && found->second == each.second;
    });
    structure_ = std::move(rendered.structure);
    maps_of_.clear();
    auto written = files;
    auto work = [folder = options_.place, files = std::move(files)] { return write_all(folder, files); };
    auto done = options_.files != nullptr ? co_await options_.files->run(std::move(work)) : work();
    if (!done) {
      loaded_ = false;  // what the file says counts, and it does not say this
      co_return done;
    }
    for (auto& [name, text] : written) written_.insert_or_assign(std::move(name), std::move(text));
    stamp_ = stamp_of(options_.place.file("state.json"));
    co_return done;
  }

  static Result<void> write_all(const EdgePlace& place, const std::vector<std::pair<std::string, std::string>>& files) {
    if (auto made = make_folder(place.directory); !made) return made;
    // What the configuration refers to has to be there before it.
    for (const auto& [name, text] : files_referred_to()) {
      const auto path = place.file(name);
      if (stamp_of(path).size >= 0) continue;
      if (auto written = write_file(path, text, 0640); !written) return written;
    }
    for (const auto& [name, text] : files) {
      const auto path = place.file(name);
      const auto present = read_file(path);
      if (present && *present == text) continue;
      if (auto written = write_file(path, text, name == "state.json" ? 0600 : 0640); !written) return written;
    }
    return {};
  }

  // Errors: not_found; invalid.
  awaitable<Result<void>> know(std::string backend) {
    if (auto checked = check_name("backend", backend); !checked) co_return checked;
    if (auto loaded = co_await load(); !loaded) co_return loaded;
    if (state_.slots.contains(backend)) co_return Result<void>{};
    co_return Error{ErrorCode::not_found, fmt::format("no application has a backend {} here", backend)};
  }

  // The process has loaded what is in the file, apart from what has been told to it since. Error: unavailable.
  awaitable<Result<void>> settle(EdgeProcess::Identity identity) {
    if (identity.structure != structure_) {
      if (auto reloaded = co_await reload(identity.process.pid); !reloaded) co_return reloaded;
      const auto again = co_await process_.look();
      if (!again) co_return again.error();
      identity = *again;
    }
    pid_ = identity.process.pid;
    uptime_ = identity.process.uptime;
    if (maps_of_ == pid_) co_return Result<void>{};
    if (auto set = co_await process_.set_map(options_.place.file("routes.map"), state_.routes); !set) co_return set;
    auto pages = co_await process_.set_map(options_.place.file("maintenance.map"), maintained(state_));
    if (!pages) co_return pages;
    maps_of_ = pid_;
    co_return Result<void>{};
  }

  awaitable<Result<void>> reload(std::string pid) {
    if (tried_ == structure_ && std::chrono::steady_clock::now() < try_again_)
      co_return Error{ErrorCode::unavailable, reload_problem_};
    tried_ = structure_;
    auto told = co_await process_.reload(pid);
    if (told) {
      boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
      for (Duration waited{0}; waited < reload_patience; waited += look_again) {
        const auto now = co_await process_.look();
        if (now && now->structure == structure_) {
          tried_.clear();
          co_return Result<void>{};
        }
        timer.expires_after(look_again);
        co_await timer.async_wait(boost::asio::use_awaitable);
        // A master that has just begun, or still reloads, takes no order.
        const bool is_due = (waited + look_again) % reload_again == Duration{0};
        if (is_due && now) static_cast<void>(co_await process_.reload(now->process.pid));
      }
      told = Error{ErrorCode::unavailable,
                   fmt::format("it was asked to reload and has not done so: haproxy -c -f {} says why",
                               options_.place.file("haproxy.cfg"))};
    }
    try_again_ = std::chrono::steady_clock::now() + reload_pause;
    reload_problem_ = "HAProxy has not loaded its new configuration: " + told.error().message;
    if (options_.warn) options_.warn(reload_problem_);
    co_return Error{ErrorCode::unavailable, reload_problem_};
  }

  // Its servers, with the process settled and equal to the file.
  awaitable<Result<Slots>> ready_servers(std::string backend) {
    if (auto known = co_await know(backend); !known) co_return known.error();
    const auto identity = co_await process_.look();
    if (!identity) co_return identity.error();
    if (auto settled = co_await settle(*identity); !settled) co_return settled.error();
    co_return co_await equal_servers(std::move(backend));
  }

  awaitable<Result<Slots>> equal_servers(std::string backend) {
    auto servers = co_await process_.servers(backend, pid_);
    if (!servers) co_return servers;
    const bool proved = prove(backend, *servers);
    if (proved) {
      if (auto saved = co_await save(); !saved) co_return saved.error();
    }
    const auto changed = co_await follow(backend, *servers);
    if (!changed) co_return changed.error();
    if (*changed) servers = co_await process_.servers(backend, pid_);
    co_return servers;
  }

  // A replica whose check has passed may be sent requests when later all checks fail.
  bool prove(const std::string& backend, const Slots& servers) {
    bool any = false;
    auto& slots = state_.slots.at(backend);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      auto& slot = slots[i];
      if (slot.replica.empty() || slot.proven || slot.state == SlotState::Closed) continue;
      const auto* seen = server_named(servers, slot_name(i));
      if (seen == nullptr || !seen->server.check_passed || seen->server.address != slot.address) continue;
      if (seen->server.intake == world::Intake::Closed) continue;
      any = slot.proven = true;
    }
    return any;
  }

  // Makes the servers of the process what the file says; whether anything had to be done.
  awaitable<Result<bool>> follow(std::string backend, Slots servers) {
    auto steps = steps_to(state_, backend, servers);
    if (!steps) co_return steps.error();
    if (steps->is_nothing()) co_return false;
    if (auto done = co_await process_.command("drain", std::move(steps->leaves)); !done) co_return done.error();
    if (auto done = co_await readdress(backend, std::move(steps->moves)); !done) co_return done.error();
    if (auto done = co_await process_.command("ready", std::move(steps->opens)); !done) co_return done.error();
    if (auto done = co_await process_.command("drain", std::move(steps->closes)); !done) co_return done.error();
    co_return true;
  }

  // They stay in maintenance until HAProxy has their new addresses, so that neither a check nor a request goes to the
  // old ones.
  awaitable<Result<void>> readdress(std::string backend, std::vector<MovedServer> moved) {
    for (const auto& one : moved) {
      auto done = co_await process_.readdress(backend + "/" + one.name, one.address);
      if (!done) co_return done;
      Tenancy tenancy;
      tenancy.replica = one.replica;
      std::vector<std::string> noted{tenancy_line(backend, one.name, tenancy)};
      if (auto said = co_await process_.command("add", std::move(noted)); !said) co_return said;
    }
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    for (Duration waited{0}; !moved.empty(); waited += look_again) {
      const auto servers = co_await process_.servers(backend, pid_);
      if (!servers) co_return servers.error();
      const bool all = std::ranges::all_of(moved, [&](const MovedServer& one) {
        const auto* present = server_named(*servers, one.name);
        return present != nullptr && present->server.address == one.address;
      });
      if (all) break;
      if (waited >= moved_patience)
        co_return Error{ErrorCode::timed_out,
                        fmt::format("HAProxy has not given the servers of {} their new addresses", backend)};
      timer.expires_after(look_again);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return Result<void>{};
  }

  awaitable<Result<void>> save_and_follow(std::string backend) {
    if (auto saved = co_await save(); !saved) co_return saved;
    const auto servers = co_await ready_servers(std::move(backend));
    if (!servers) co_return servers.error();
    co_return Result<void>{};
  }

  // Routes that lead elsewhere from now on do so before a server is closed and after one is opened.
  awaitable<Result<void>> move(std::string backend, std::string name, SlotState to) {
    if (auto checked = check_name("server", name); !checked) co_return checked;
    const auto servers = co_await ready_servers(backend);
    if (!servers) co_return servers.error();
    auto* slot = haproxy::slot_of(state_.slots.at(backend), name);
    if (slot == nullptr) co_return Error{ErrorCode::not_found, fmt::format("{} has no server of {}", backend, name)};
    if (slot->state == to) co_return Result<void>{};
    slot->state = to;
    const auto before = state_.routes;
    choose_routes(state_);
    const bool rerouted = before != state_.routes;
    if (auto saved = co_await save(); !saved) co_return saved;
    if (!rerouted || to == SlotState::Open) maps_of_ = pid_;  // not yet, or nothing to do
    const auto followed = co_await ready_servers(std::move(backend));
    if (!followed || rerouted) maps_of_.clear();
    if (!followed) co_return followed.error();
    if (!rerouted) co_return Result<void>{};
    const auto identity = co_await process_.look();
    if (!identity) co_return identity.error();
    co_return co_await settle(*identity);
  }

  void tell_of_certificates() {
    auto served = certificates_.served();
    if (served == served_) return;
    served_ = std::move(served);
    if (options_.telemetry != nullptr) options_.telemetry->certificates(options_.name, certificates_.expiries());
    if (options_.changed) options_.changed();
  }

  // The servers by their replicas' names.
  Result<std::vector<world::Server>> tell(const std::string& backend, const Slots& servers) {
    std::vector<world::Server> told;
    const auto& slots = state_.slots.at(backend);
    bool any_open = false;
    bool any_up = false;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto& slot = slots[i];
      if (slot.replica.empty()) continue;
      const auto seen = seen_slot(servers, i);
      if (!seen) return seen.error();
      auto server = seen->slot->server;
      server.name = slot.replica;
      server.slot = slot_name(i);
      server.sessions = seen->sessions();
      if (server.requests) *server.requests += seen->twin->server.requests.value_or(0);
      server.errors = seen->errors() >= slot.errors_before ? seen->errors() - slot.errors_before : seen->errors();
      any_up = any_up || server.up;
      any_open = any_open || (server.intake == world::Intake::Open && seen->twin->server.up);
      told.push_back(std::move(server));
    }
    const bool fails_open = any_open && !any_up;
    note_failing_open(backend, fails_open);
    for (auto& server : told) {
      if (!fails_open || server.intake != world::Intake::Open) continue;
      server.unchecked = true;
      server.check += "; so do those of all others, and requests go on to all of them";
    }
    return told;
  }

  void note_failing_open(const std::string& backend, bool fails_open) {
    auto& noted = failing_open_[backend];
    if (options_.telemetry != nullptr) options_.telemetry->fails_open(options_.name, backend, fails_open);
    if (noted == fails_open) return;
    noted = fails_open;
    if (!options_.warn) return;
    options_.warn(fails_open
                      ? fmt::format("backend {}: the checks of all its servers fail at once, so requests go on to "
                                    "all of them instead of 503: look at what they share",
                                    backend)
                      : fmt::format("backend {}: checks pass again, and requests go to those that pass", backend));
  }

  awaitable<void> note_leftover(std::string backend, std::vector<world::Server>& told) {
    world::Leftover leftover;
    auto old = co_await process_.old_requests(backend, pid_);
    if (old) {
      for (auto& server : told) {
        const auto more = old->extract(server.name);
        if (!more.empty()) server.sessions = server.sessions.value_or(0) + more.mapped();
      }
      leftover.sessions = std::move(*old);
    } else {
      leftover.why = old.error().message;
      if (options_.clock != nullptr) leftover.uncounted_before = options_.clock->now() - uptime_;
    }
    leftovers_.insert_or_assign(std::move(backend), std::move(leftover));
  }

  EdgeOptions options_;
  EdgeProcess process_;
  EdgeCertificates certificates_;
  EdgeIncludes includes_;
  bool busy_ = false;
  bool loaded_ = false;
  FileStamp stamp_;
  EdgeState state_;
  std::map<std::string, std::string> written_;  // name → text
  std::string structure_;                       // of the configuration as it is written
  std::string pid_;                             // of the process that was looked at last
  Duration uptime_{0};                          // its, then
  std::string maps_of_;                         // the process whose maps are as they should be
  std::string tried_;                           // the structure that a reload was asked for in vain
  SteadyTime try_again_{};
  std::string reload_problem_;
  std::vector<world::Certificate> served_;            // as they were told
  std::map<std::string, bool> failing_open_;          // by backend
  std::map<std::string, world::Leftover> leftovers_;  // by backend
};

}  // namespace

std::unique_ptr<Edge> make_edge(EdgeOptions options) { return std::make_unique<ManagedEdge>(std::move(options)); }

}  // namespace teal::haproxy
