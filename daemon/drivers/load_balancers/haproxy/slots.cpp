#include "daemon/drivers/load_balancers/haproxy/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"

namespace teal::haproxy {
namespace {

constexpr std::size_t longest_question = 8000;  // HAProxy takes a line of at most its buffer, 16 KiB by default

// A variable's name has letters, digits, "." and "_" only.
std::string variable_part(std::string_view name) {
  std::string part;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    part += plain ? std::string(1, c) : fmt::format("_{:02x}", static_cast<unsigned char>(c));
  }
  return part;
}

bool is_asked(const Slot& slot) { return static_cast<bool>(check_name("server", slot.server.name)); }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// "teal-shop-api-r7-0/2000/57"
std::optional<Tenancy> parse_tenancy(std::string_view text) {
  const auto last = text.rfind('/');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const auto first = text.rfind('/', last - 1);
  if (first == std::string_view::npos) return std::nullopt;
  Tenancy tenancy;
  tenancy.replica = text.substr(0, first);
  if (!read_number(text.substr(first + 1, last - first - 1), tenancy.check_interval)) return std::nullopt;
  if (!read_number(text.substr(last + 1), tenancy.errors_before)) return std::nullopt;
  return tenancy;
}

// What replicas of one component have in common: "teal-shop-api-r" of "teal-shop-api-r7-0". Slots stay within it, so
// that two applications (and two teald) in one backend never reach for the same.
std::string_view family(std::string_view name) {
  const auto end = name.rfind("-r");
  return end == std::string_view::npos ? std::string_view{} : name.substr(0, end + 2);
}

bool is_free(const Slot& slot) { return slot.tenancy && slot.tenancy->replica.empty(); }

bool is_named(const Slots& slots, std::string_view name) {
  return std::ranges::any_of(slots, [&](const Slot& slot) { return slot.server.name == name; });
}

bool has_tenant(const Slots& slots, std::string_view replica) {
  return std::ranges::any_of(slots, [&](const Slot& slot) { return slot.tenancy && slot.tenancy->replica == replica; });
}

// A free one that somebody has opened takes traffic to an address that may be anybody's: it is shown, to be removed.
bool is_shown_as_itself(const Slots& slots, const Slot& slot) {
  if (slot.tenancy && !(is_free(slot) && slot.server.intake != world::Intake::Closed)) return false;
  return !has_tenant(slots, slot.server.name);
}

}  // namespace

std::string tenancy_variable(std::string_view backend, std::string_view server) {
  return fmt::format("proc.teal.{}.{}", variable_part(backend), variable_part(server));
}

Slots as_slots(std::vector<world::Server> servers) {
  Slots slots;
  slots.reserve(servers.size());
  for (auto& server : servers) slots.push_back({std::move(server), std::nullopt, std::nullopt});
  return slots;
}

std::vector<std::string> tenancy_questions(std::string_view backend, const Slots& slots) {
  std::vector<std::string> lines;
  for (const auto& slot : slots) {
    if (!is_asked(slot)) continue;
    const auto question = "get var " + tenancy_variable(backend, slot.server.name);
    if (lines.empty() || lines.back().size() + question.size() > longest_question) lines.emplace_back();
    auto& line = lines.back();
    line += (line.empty() ? "" : ";") + question;
  }
  return lines;
}

Result<void> read_tenancies(std::string_view backend, std::string_view answers, Slots& slots) {
  std::size_t known = 0;
  std::size_t asked = 0;
  for (auto& slot : slots) {
    if (!is_asked(slot)) continue;
    ++asked;
    const auto key = tenancy_variable(backend, slot.server.name) + ": type=str value=<";
    const auto at = answers.find(key);
    if (at == std::string_view::npos) continue;
    ++known;
    const auto text = answers.substr(at + key.size());
    slot.tenancy = parse_tenancy(text.substr(0, text.find('>')));
    if (!slot.tenancy) {
      return Error{ErrorCode::invalid, fmt::format("HAProxy's variable {} is not what teald wrote to it: unset it or "
                                                   "reload HAProxy",
                                                   tenancy_variable(backend, slot.server.name))};
    }
  }
  // Whose a server is must not be guessed: a question without an answer makes all of them unknown.
  if (known + count(answers, "ariable not found") == asked) return {};
  return Error{ErrorCode::invalid, "HAProxy's answer to \"get var\" is not understood: it says nothing of a server"};
}

std::string tenancy_line(std::string_view backend, std::string_view server, const Tenancy& tenancy) {
  return fmt::format("experimental-mode on;set var {} fmt {}/{}/{}", tenancy_variable(backend, server), tenancy.replica,
                     tenancy.check_interval, tenancy.errors_before);
}

void read_connections(std::string_view answer, Slots& slots) {
  std::vector<std::string_view> columns;
  while (!answer.empty()) {
    const auto end = answer.find('\n');
    auto line = answer.substr(0, end);
    answer = end == std::string_view::npos ? std::string_view{} : answer.substr(end + 1);
    const bool header = line.starts_with("# ");
    if (header) line.remove_prefix(2);
    std::vector<std::string_view> cells;
    for (std::size_t from = 0; from <= line.size();) {
      const auto space = std::min(line.find(' ', from), line.size());
      cells.push_back(line.substr(from, space - from));
      from = space + 1;
    }
    if (header) columns = cells;
    const auto names = std::ranges::find(columns, "bkname/svname");
    const auto used = std::ranges::find(columns, "used_cur");
    if (header || names == columns.end() || used == columns.end() || cells.size() < columns.size()) continue;
    const auto name = cells[static_cast<std::size_t>(names - columns.begin())];
    std::uint64_t value = 0;
    if (!read_number(cells[static_cast<std::size_t>(used - columns.begin())], value)) continue;
    for (auto& slot : slots) {
      if (name.ends_with("/" + slot.server.name)) slot.connections = value;
    }
  }
}

const Slot* slot_of(const Slots& slots, std::string_view replica) {
  const auto is_its = [&](const Slot& slot) {
    return (slot.tenancy && slot.tenancy->replica == replica) ||
           (slot.server.name == replica && is_shown_as_itself(slots, slot));
  };
  const auto found = std::ranges::find_if(slots, is_its);
  return found == slots.end() ? nullptr : &*found;
}

const Slot* free_slot(const Slots& slots, std::string_view replica, int check_interval, std::size_t spare) {
  const Slot* any = nullptr;
  std::size_t free = 0;
  for (const auto& slot : slots) {
    if (!is_free(slot) || slot.server.intake != world::Intake::Closed) continue;
    if (family(slot.server.name) != family(replica)) continue;
    ++free;
    if (slot.tenancy->check_interval != check_interval) continue;
    if (slot.server.sessions != 0 || slot.connections.value_or(0) != 0) continue;
    if (slot.server.name == replica) return &slot;
    if (any == nullptr) any = &slot;
  }
  return free > spare ? any : nullptr;
}

std::string name_for(const Slots& slots, const std::string& replica) {
  for (int number = 2; is_named(slots, replica); ++number) {
    auto name = fmt::format("{}.{}", replica, number);
    if (!is_named(slots, name)) return name;
  }
  return replica;
}

std::vector<world::Server> by_replica(const Slots& slots) {
  std::vector<world::Server> servers;
  for (const auto& slot : slots) {
    if (is_shown_as_itself(slots, slot)) {
      servers.push_back(slot.server);
    } else if (!is_free(slot) && slot.tenancy) {
      auto& server = servers.emplace_back(slot.server);
      server.name = slot.tenancy->replica;
      if (server.name != slot.server.name) server.slot = slot.server.name;
      // Smaller than before: somebody has cleared the counters.
      if (server.errors >= slot.tenancy->errors_before) server.errors -= slot.tenancy->errors_before;
    }
  }
  return servers;
}

}  // namespace teal::haproxy
