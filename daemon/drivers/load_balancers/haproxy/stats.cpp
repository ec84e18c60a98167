#include "daemon/drivers/load_balancers/haproxy/stats.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "daemon/drivers/load_balancers/haproxy/check_advice.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"

namespace teal::haproxy {
namespace {

// srv_admin_state of "show servers state". 0x04 is none of them: it stays with a server that was configured as
// `disabled`, whatever it is now.
constexpr unsigned any_maintenance = 0x01 | 0x02 | 0x20;
constexpr unsigned any_drain = 0x08 | 0x10;

// One table of an answer: the names of its columns, then its rows.
class Table {
 public:
  Table(std::string_view header, char separator) : separator_(separator) {
    const auto cells = split(header);
    for (std::size_t i = 0; i < cells.size(); ++i) columns_.emplace(cells[i], i);
  }

  [[nodiscard]] bool has(std::string_view column) const { return columns_.contains(column); }

  // A row without that cell answers an empty text.
  [[nodiscard]] std::string_view cell(const std::vector<std::string_view>& row, std::string_view column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() || found->second >= row.size() ? std::string_view{} : row[found->second];
  }

  // Quotes are honoured: descriptions hold anything.
  [[nodiscard]] std::vector<std::string_view> split(std::string_view line) const {
    std::vector<std::string_view> cells;
    std::size_t from = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= line.size(); ++i) {
      if (i < line.size() && line[i] == '"') quoted = !quoted;
      if (i < line.size() && (quoted || line[i] != separator_)) continue;
      cells.push_back(line.substr(from, i - from));
      from = i + 1;
    }
    return cells;
  }

 private:
  char separator_;
  std::map<std::string_view, std::size_t> columns_;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

// An empty cell is 0: HAProxy leaves out what does not apply.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error garbled(std::string_view why) {
  return {ErrorCode::invalid, fmt::format("HAProxy's answer is not understood: {}", why)};
}

std::string unquoted(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '"' && static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f) plain += c;
  }
  return plain;
}

bool passed(std::string_view check_status) {
  if (check_status.starts_with("* ")) check_status.remove_prefix(2);  // a check is under way; this is the one before
  return check_status == "L7OK" || check_status == "L7OKC" || check_status == "L6OK" || check_status == "L4OK";
}

// Of "show servers state": a number in a line of its own, before the table.
constexpr std::string_view known_version = "1";
bool is_version(std::string_view line) {
  return !line.empty() && line.find_first_not_of("0123456789") == std::string_view::npos;
}

// srv_check_state.
constexpr unsigned check_configured = 0x02;
constexpr unsigned check_enabled = 0x04;

struct ServerState {
  unsigned admin = 0;
  bool has_no_weight = false;
  bool is_unchecked = false;  // its check is switched off
};
using ServerStates = std::map<std::string_view, ServerState>;

Result<ServerState> read_state(const Table& table, const std::vector<std::string_view>& row) {
  const auto cell = table.cell(row, "srv_admin_state");
  const auto mask = number(cell);
  if (cell.empty() || !mask) return garbled("srv_admin_state is no number");
  ServerState state;
  state.admin = static_cast<unsigned>(*mask);
  state.has_no_weight = table.cell(row, "srv_uweight") == "0" && table.cell(row, "srv_iweight") != "0";
  const auto check = number(table.cell(row, "srv_check_state")).value_or(0);
  state.is_unchecked = (check & check_configured) != 0 && (check & check_enabled) == 0;
  return state;
}

Result<ServerStates> server_states(const std::vector<std::string_view>& lines, std::size_t& at) {
  ServerStates states;
  std::optional<Table> table;
  for (; at < lines.size() && !lines[at].starts_with("# pxname"); ++at) {
    const auto line = lines[at];
    if (line.starts_with("# ")) {
      table.emplace(line.substr(2), ' ');
      if (!table->has("srv_name") || !table->has("srv_admin_state")) return garbled("columns of servers' state");
      continue;
    }
    if (!table && is_version(line) && line != known_version) {
      return Error{
          ErrorCode::invalid,
          fmt::format("HAProxy lists its servers in format {}, and this teald reads format {}: it needs a newer "
                      "teald",
                      line, known_version)};
    }
    if (!table || line.empty()) continue;
    const auto row = table->split(line);
    const auto state = read_state(*table, row);
    if (!state) return state.error();
    states[table->cell(row, "srv_name")] = *state;
  }
  if (!table) return garbled("no servers' state in it");
  return states;
}

// What only a person does to a server of ours: `where` is its name for the Runtime API.
void note_by_hand(const ServerState& state, const std::string& where, world::Server& server) {
  if (server.intake == world::Intake::Closed) {
    server.by_hand = "it is in maintenance";
  } else if (server.intake == world::Intake::Draining) {
    server.by_hand = "it drains";
  }
  if (server.intake != world::Intake::Open) {
    server.undo = fmt::format("set server {} state ready", where);
    return;
  }
  if (state.has_no_weight) {
    server.by_hand = "its weight is 0";
    server.undo = fmt::format("set server {} weight 100%", where);
  }
  if (state.is_unchecked) {
    server.by_hand += fmt::format("{}its health check is switched off", server.by_hand.empty() ? "" : ", and ");
    server.undo += fmt::format("{}enable health {}", server.undo.empty() ? "" : ";", where);
  }
}

Result<world::Server> read_server(const Table& table, const std::vector<std::string_view>& row,
                                  const ServerStates& states) {
  world::Server server;
  server.name = unquoted(table.cell(row, "svname"));
  if (server.name.empty() || server.name != table.cell(row, "svname")) return garbled("a server's name");
  server.address = unquoted(table.cell(row, "addr"));
  const auto found = states.find(table.cell(row, "svname"));
  if (found == states.end()) return garbled("a server without a state");
  const auto& state = found->second;
  if ((state.admin & any_maintenance) != 0) {
    server.intake = world::Intake::Closed;
  } else if ((state.admin & any_drain) != 0) {
    server.intake = world::Intake::Draining;
  }
  note_by_hand(state, fmt::format("{}/{}", unquoted(table.cell(row, "pxname")), server.name), server);
  const auto status = table.cell(row, "status");
  server.up = server.intake == world::Intake::Open && !state.has_no_weight &&
              (status.starts_with("UP") || status == "no check");
  const auto check = table.cell(row, "check_status");
  server.check_passed = passed(check) && !status.starts_with("DOWN");
  const auto words = unquoted(table.cell(row, "last_chk"));
  server.check = fmt::format("{} {}{}", unquoted(status), unquoted(check),
                             words.empty() || server.check_passed ? "" : " " + words);
  if (!server.check_passed) {
    const auto code = unquoted(table.cell(row, "check_code"));
    auto advice = advise({table.cell(row, "pxname"), check, code, words});
    server.check_failure = std::move(advice.failure);
    server.check_remedy = std::move(advice.remedy);
  }

  std::uint64_t sessions = 0;
  for (const auto* column : {"scur", "qcur"}) {
    const auto value = number(table.cell(row, column));
    if (!value) return garbled(fmt::format("{} is no number", column));
    sessions += *value;
  }
  server.sessions = static_cast<int>(std::min<std::uint64_t>(sessions, 1'000'000'000));
  if (const auto cell = table.cell(row, "stot"); !cell.empty()) {
    server.requests = number(cell);
    if (!server.requests) return garbled("stot is no number");
  }
  for (const auto* column : {"wretr", "wredis", "econ", "eresp", "dresp"}) {
    const auto value = number(table.cell(row, column));
    if (!value) return garbled(fmt::format("{} is no number", column));
    server.errors += *value;
  }
  return server;
}

}  // namespace

Result<std::vector<world::Server>> parse_servers(std::string_view answer, std::string_view backend) {
  if (answer.find("# pxname") == std::string_view::npos) {  // a refusal; inside the tables those words mean nothing
    if (answer.find("Can't find backend") != std::string_view::npos ||
        answer.find("No such proxy") != std::string_view::npos) {
      return Error{ErrorCode::not_found, "HAProxy has no such backend"};
    }
    if (answer.find("ermission denied") != std::string_view::npos) {
      return Error{ErrorCode::denied, "HAProxy: permission denied: `stats socket` in haproxy.cfg needs `level admin`"};
    }
  }
  // A server that is missing from an answer would pass for one that takes no traffic any more: a part is no answer.
  if (!answer.ends_with("\n\n")) return Error{ErrorCode::unavailable, "HAProxy's answer was cut short"};
  const auto lines = lines_of(answer);
  std::size_t at = 0;
  const auto states = server_states(lines, at);
  if (!states) return states.error();
  if (at == lines.size()) return garbled("no statistics in it");
  const Table table{lines[at].substr(2), ','};
  for (const auto* column : {"svname", "status", "scur", "qcur", "addr", "check_status", "type"}) {
    if (!table.has(column)) return garbled(fmt::format("no column {}", column));
  }
  const auto columns = table.split(lines[at].substr(2)).size();
  std::vector<world::Server> servers;
  for (++at; at < lines.size(); ++at) {
    if (lines[at].empty()) continue;
    const auto row = table.split(lines[at]);
    if (row.size() < columns) return garbled("a row with too few columns");
    if (table.cell(row, "type") != "2" || table.cell(row, "pxname") != backend) continue;  // its servers only
    auto server = read_server(table, row, *states);
    if (!server) return server.error();
    servers.push_back(std::move(*server));
  }
  if (servers.empty() && !states->empty()) {
    return Error{ErrorCode::conflict, fmt::format("HAProxy's statistics hold no server of {}", backend)};
  }
  if (servers.size() != states->size()) return garbled("a server without statistics");
  return servers;
}

}  // namespace teal::haproxy
