#include "controllers/reconcile/observe_words.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "controllers/environment/masking.hpp"

namespace teal::reconcile {
namespace {

using boost::asio::awaitable;

constexpr std::size_t last_words_bytes = 4096;
constexpr std::size_t last_words_shown = 300;
constexpr Duration secrets_kept_for = std::chrono::minutes{1};  // reading them may mean to run programs
constexpr auto withheld = "(an answer that could not be searched for secrets)";

// The last line or two that say something.
std::string tail(std::string_view log) {
  while (!log.empty() && (log.back() == '\n' || log.back() == '\r' || log.back() == ' ')) log.remove_suffix(1);
  if (log.empty()) return {};
  auto from = log.find_last_of('\n');
  if (from != std::string_view::npos && log.size() - from < 20) {
    const auto more = log.find_last_of('\n', from - 1);
    if (from > 0) from = more;
  }
  auto line = log.substr(from == std::string_view::npos ? 0 : from + 1);
  if (line.size() > last_words_shown) line = line.substr(line.size() - last_words_shown);
  std::string text;
  for (const char c : line) text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return text;
}

class Masks {
 public:
  Masks(const ports::Ports& ports, ports::Engine& engine, const std::vector<const records::Revision*>& revisions,
        const spec::ApplicationSpec& spec, PassMemory& memory)
      : ports_(ports), engine_(engine), revisions_(revisions), spec_(spec), memory_(memory) {}

  awaitable<void> read() {
    const auto now = ports_.clock->now();
    if (memory_.secrets_at && now < *memory_.secrets_at + secrets_kept_for) co_return;
    const auto secrets = co_await environment::secrets_of(*ports_.secrets, spec_);
    memory_.secrets = std::make_shared<const masking::Mask>(secrets);
    memory_.secrets_at = now;
  }

  // None: what this container was given cannot be learned now, so what it says must not be told.
  awaitable<std::shared_ptr<const masking::Mask>> of(std::string id) {
    auto names = environment::secret_names(spec_);
    for (const auto* revision : revisions_) names.merge(environment::secret_names(revision->application.spec));
    const auto given =
        co_await environment::given_mask(ports_, engine_, std::move(id), std::move(names), memory_.given);
    co_return given ? *given : nullptr;
  }

  // Of an answer, which may have been cut where it was recorded. Without an id, of a container that is gone.
  awaitable<std::optional<std::string>> mask(std::string id, std::string text) {
    if (id.empty()) co_return masking::masked_cut(text, {memory_.secrets.get()});
    const auto given = co_await of(std::move(id));
    if (!given) co_return std::nullopt;
    co_return masking::masked_cut(text, {given.get(), memory_.secrets.get()});
  }

 private:
  const ports::Ports& ports_;
  ports::Engine& engine_;
  const std::vector<const records::Revision*>& revisions_;
  const spec::ApplicationSpec& spec_;
  PassMemory& memory_;
};

awaitable<std::optional<std::string>> last_words(const ports::Ports& ports, Masks& masks, ports::Engine& engine,
                                                 PassMemory& memory, std::string id) {
  co_await masks.read();
  const auto given = co_await masks.of(id);
  if (!given) co_return std::nullopt;
  const auto secrets = memory.secrets;
  const auto more = masking::more_to_read({given.get(), secrets.get()});
  auto log = co_await engine.logs(std::move(id), last_words_bytes + more);
  if (!log) co_return std::nullopt;
  auto work = [log = std::move(*log), given, secrets] {
    return tail(masking::masked_end(log, last_words_bytes, {given.get(), secrets.get()}));
  };
  co_return co_await ports.made_beside(std::move(work));
}

awaitable<void> observe_last_words(const ports::Ports& ports, Masks& masks, ports::Engine& engine, PassMemory& memory,
                                   rollout::Observed& world) {
  for (const auto& container : world.containers) {
    if (container.state != world::ContainerState::Exited) continue;
    if (!memory.last_words.contains(container.id)) {
      if (auto words = co_await last_words(ports, masks, engine, memory, container.id)) {
        memory.last_words[container.id] = std::move(*words);
      }
    }
    if (const auto words = memory.last_words.find(container.id); words != memory.last_words.end()) {
      world.last_words.insert(*words);
    }
  }
  std::erase_if(memory.last_words, [&](const auto& entry) { return !world.last_words.contains(entry.first); });
}

// Load balancers show what the containers answer to their checks.
awaitable<void> mask_checks(Masks& masks, rollout::Observed& world) {
  for (auto& backend : world.backends) {
    for (auto& server : backend.servers) {
      if (server.check_passed || server.check.empty()) continue;
      co_await masks.read();
      const auto own = std::ranges::find(world.containers, server.name, &world::Container::name);
      const bool is_gone = own == world.containers.end();
      server.check =
          (co_await masks.mask(is_gone ? std::string{} : own->id, std::move(server.check))).value_or(withheld);
    }
  }
}

awaitable<void> mask_answers(Masks& masks, PassMemory& memory, rollout::Observed& world) {
  const auto is_there = [&](const std::string& id) {
    return std::ranges::find(world.containers, id, &world::Container::id);
  };
  std::erase_if(memory.given, [&](const auto& entry) { return is_there(entry.first) == world.containers.end(); });
  for (auto& container : world.containers) {
    if (container.engine_error.empty()) continue;
    container.engine_error = (co_await masks.mask(container.id, std::move(container.engine_error))).value_or(withheld);
  }
  co_await mask_checks(masks, world);
  const bool any = std::ranges::any_of(world.health, [](const auto& one) { return one.second.failures > 0; });
  if (!any && world.traffic.failures == 0) co_return;
  co_await masks.read();
  for (auto& [id, view] : world.health) {
    if (view.failures == 0) continue;
    view.answer = (co_await masks.mask(id, std::move(view.answer))).value_or(withheld);
    view.body = (co_await masks.mask(id, std::move(view.body))).value_or("");
  }
  if (world.traffic.failures == 0) co_return;
  for (const auto& container : world.containers) {  // any of them may have said it
    if (container.role != world::Role::Serve || !container.address) continue;
    auto answer = co_await masks.mask(container.id, std::move(world.traffic.answer));
    world.traffic.answer = std::move(answer).value_or(withheld);
  }
}

}  // namespace

awaitable<void> observe_words(const ports::Ports& ports, ports::Engine& engine,
                              const std::vector<const records::Revision*>& revisions, const spec::ApplicationSpec& spec,
                              PassMemory& memory, rollout::Observed& world) {
  Masks masks{ports, engine, revisions, spec, memory};
  co_await mask_answers(masks, memory, world);
  co_await observe_last_words(ports, masks, engine, memory, world);
}

}  // namespace teal::reconcile
