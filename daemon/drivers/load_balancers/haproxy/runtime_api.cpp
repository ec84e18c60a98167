#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/runtime/stream.hpp"

namespace teal::haproxy {
namespace {

constexpr std::size_t longest_name = 102;
constexpr std::size_t longest_answer = 4 << 20;
constexpr std::size_t shown_answer = 200;

bool is_name_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
}

bool is_numeric(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const std::string text{bracketed ? host.substr(1, host.size() - 2) : host};
  if (text.find('\0') != std::string::npos) return false;  // where inet_pton would stop reading
  std::array<unsigned char, sizeof(in6_addr)> binary;
  return ::inet_pton(bracketed ? AF_INET6 : AF_INET, text.c_str(), binary.data()) == 1;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace

std::string shown(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, shown_answer)) {
    line += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? ' ' : c;
  }
  return line;
}

boost::asio::awaitable<Result<std::string>> ask(std::string socket, std::string line, Duration deadline) {
  const auto until = runtime::after(deadline);
  const auto stream = co_await runtime::connect_unix(socket, until);
  if (!stream) co_return within("connect to " + socket, stream.error());
  line += '\n';
  if (const auto sent = co_await (*stream)->write(line, until); !sent) co_return within("ask " + socket, sent.error());
  (*stream)->shutdown_send();  // else a master waits for more after its answer
  std::string answer;
  std::array<char, 16384> piece;
  for (;;) {
    const auto size = co_await (*stream)->read_some(piece.data(), piece.size(), until);
    if (!size) co_return within("answer of " + socket, size.error());
    if (*size == 0) break;
    answer.append(piece.data(), *size);
    if (answer.size() > longest_answer) {
      co_return Error{
          ErrorCode::invalid,
          fmt::format("answer of {} to \"{}\": it is over {} MiB, which teald does not read; is it a HAProxy?", socket,
                      shown(line), longest_answer >> 20)};
    }
  }
  (*stream)->close();
  // Success is an empty line. Nothing at all is a HAProxy that went away, with the command done or not.
  if (answer.empty()) {
    co_return Error{ErrorCode::unavailable, fmt::format("answer of {}: it closed the connection without one", socket)};
  }
  co_return answer;
}

Result<void> check_name(std::string_view what, std::string_view name) {
  const bool fits = !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_name_character);
  if (fits) return {};
  return Error{ErrorCode::invalid,
               fmt::format("{} \"{}\": HAProxy takes letters, digits and . - _ : only, at most {} characters", what,
                           shown(name), longest_name)};
}

Result<void> check_address(std::string_view address) {
  const auto colon = address.rfind(':');
  const auto port = colon == std::string_view::npos ? std::string_view{} : address.substr(colon + 1);
  const auto host = address.substr(0, colon == std::string_view::npos ? 0 : colon);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool port_fits = error == std::errc{} && end == port.data() + port.size() && number >= 1 && number <= 65535;
  if (port_fits && is_numeric(host)) return {};
  return Error{ErrorCode::invalid, fmt::format("address \"{}\": expected an IP address and a port", shown(address))};
}

Result<void> judge(std::string_view answer) {
  const auto text = trim(answer);
  static constexpr std::array<std::string_view, 2> success{"New server registered.", "Server deleted."};
  if (text.empty() || std::ranges::find(success, text) != success.end()) return {};
  const auto says = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
  auto code = ErrorCode::invalid;
  if (says("No such") || says("Can't find backend")) code = ErrorCode::not_found;
  if (says("Already exists") || says("still has") || says("maintenance mode")) code = ErrorCode::conflict;
  if (says("ermission denied")) code = ErrorCode::denied;
  return Error{code, "HAProxy: " + shown(text)};
}

Result<void> judge_address(std::string_view answer) {
  // The port comes last: what is wrong with the address leaves it out.
  for (const std::string_view words : {"port changed from", "no need to change the port"}) {
    if (answer.find(words) != std::string_view::npos) return {};
  }
  auto judged = judge(answer);
  if (judged) return Error{ErrorCode::invalid, "HAProxy says nothing to a server's new address"};
  return judged;
}

std::string process_of(std::string_view info) {
  std::string process;
  for (const std::string_view key : {"\nPid: ", "\nStart_time_sec: "}) {
    const auto from = info.find(key);
    if (from == std::string_view::npos) continue;
    const auto text = info.substr(from + key.size());
    process += std::string{text.substr(0, text.find_first_not_of("0123456789"))} + ' ';
  }
  return process;
}

}  // namespace teal::haproxy
