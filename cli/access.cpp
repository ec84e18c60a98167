#include "cli/access.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "daemon/runtime/descriptor.hpp"
#include "daemon/runtime/stream_tls.hpp"

namespace teal::cli {
namespace {

constexpr std::size_t longest_token = 4096;
constexpr std::string_view spaces = " \t\r\n";

Error wrong(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(spaces);
  if (begin == text.npos) return {};
  return std::string{text.substr(begin, text.find_last_not_of(spaces) - begin + 1)};
}

std::string from_environment() {
  const char* token = std::getenv("TEAL_TOKEN");
  return token == nullptr ? std::string{} : trimmed(token);
}

Result<std::string> read_file(const Access& access) {
  const auto& path = access.token_file;
  const auto unreadable = [&] {
    return wrong(fmt::format("--token-file {}: cannot be read: {}", path, std::generic_category().message(errno)));
  };
  const runtime::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  struct ::stat status{};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0) return unreadable();
  const auto mode = static_cast<unsigned>(status.st_mode) & 0777U;
  // Of a pipe (`--token-file <(pass teal)`) the mode means nothing.
  if (S_ISREG(status.st_mode) && (mode & 044U) != 0 && access.warn) {
    access.warn(fmt::format("{}: mode {:04o}: others can read this token; chmod 600 {}", path, mode, path));
  }
  std::string text;
  std::array<char, longest_token> piece{};
  for (;;) {
    const auto count = ::read(file.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable();
    if (count == 0) return trimmed(text);
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > 2 * longest_token) return wrong(fmt::format("--token-file {}: is too long for a token", path));
  }
}

bool is_token(std::string_view text) {
  return text.size() <= longest_token && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

runtime::TlsFiles tls_files_of(const Access& access) { return {access.ca, access.certificate, access.key}; }

Result<std::string> read_token(const Access& access) {
  auto token = access.token_file.empty() ? Result<std::string>{from_environment()} : read_file(access);
  if (!token) return token;
  if (token->empty() && !access.token_file.empty()) {
    return wrong(fmt::format("--token-file {}: there is no token in it", access.token_file));
  }
  if (!is_token(*token)) {
    return wrong(fmt::format("{}: this is no token: expected one word of visible characters", token_source(access)));
  }
  return token;
}

std::string token_source(const Access& access) {
  if (!access.token_file.empty()) return "--token-file " + access.token_file;
  return from_environment().empty() ? "" : "TEAL_TOKEN";
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

Result<void> check_access(const Access& access, const http::Endpoint& server, bool has_token) {
  if (access.certificate.empty() != access.key.empty()) return wrong("--certificate and --key go together");
  const bool has_files = !access.certificate.empty() || !access.ca.empty();
  if (has_files && !server.tls) {
    return wrong(fmt::format("--certificate, --key and --ca are for https:// and not for {}", http::to_string(server)));
  }
  if (has_token && !server.tls && !server.unix_socket && !is_loopback(server.host)) {
    return wrong(fmt::format("a token is not sent to {}: everybody on the way could read it; use https://",
                             http::to_string(server)));
  }
  if (!has_files) return {};
  if (const auto usable = runtime::make_tls_context(tls_files_of(access)); !usable) return usable.error();
  return {};
}

}  // namespace teal::cli
