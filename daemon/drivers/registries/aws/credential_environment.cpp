#include "daemon/drivers/registries/aws/credential_environment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/runtime/blocking_pool.hpp"

namespace teal::aws {

using boost::asio::awaitable;

namespace {

constexpr std::size_t most_file_bytes = 1 << 20;

Error unreadable(const std::string& path, int number) {
  const auto code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found
                    : number == EACCES                    ? ErrorCode::denied
                                                          : ErrorCode::unavailable;
  return {code, fmt::format("{}: cannot be read: {}", path, std::strerror(number))};
}

Result<std::string> contents(const std::string& path) {
  // Without O_NONBLOCK a FIFO would be waited for.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return unreadable(path, errno);
  std::string text;
  struct stat info{};
  Result<std::string> result = text;
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    result = Error{ErrorCode::invalid, path + ": is not a regular file"};
  } else {
    text.resize(most_file_bytes + 1);
    std::size_t size = 0;
    for (;;) {
      const auto count = ::read(file, text.data() + size, text.size() - size);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    result = std::move(text);
    if (size > most_file_bytes) result = Error{ErrorCode::invalid, path + ": holds more than 1 MiB"};
  }
  ::close(file);
  return result;
}

}  // namespace

std::string variable(const CredentialEnvironment& in, const std::string& name) {
  return in.variable(name).value_or("");
}

std::string home(const CredentialEnvironment& in) {
  if (auto own = variable(in, "HOME"); !own.empty()) return own;
  const auto* account = ::getpwuid(::getuid());
  return account == nullptr || account->pw_dir == nullptr ? std::string{"/root"} : std::string{account->pw_dir};
}

std::string host_of(std::string_view url) {
  auto parsed = http::parse_url(url);
  return parsed ? std::move(parsed->host) : std::string{};
}

awaitable<Result<http::Response>> ask(const CredentialEnvironment& in, std::string url, http::Request request,
                                      Duration deadline) {
  auto parsed = http::parse_url(url);
  if (!parsed) co_return parsed.error();
  request.target = std::move(parsed->target);
  if (http::find_header(request.headers, "Host").empty()) request.headers.emplace_back("Host", std::move(parsed->host));
  http::Client client{in.executor, std::move(parsed->endpoint)};
  co_return co_await client.request(std::move(request), deadline, 1 << 20);
}

awaitable<Result<std::string>> read_plain_file(const CredentialEnvironment& in, std::string path) {
  auto work = [path = std::move(path)] { return contents(path); };
  co_return co_await in.files->run(std::move(work));
}

}  // namespace teal::aws
