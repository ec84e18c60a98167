#include "daemon/secrets/secret_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace teal {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Error not_regular(const std::string& path) { return {ErrorCode::invalid, path + ": is not a regular file"}; }

Error failure(const std::string& path, int number) {
  const auto text = fmt::format("{}: {}", path, std::generic_category().message(number));
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::not_found, text};
    case EACCES:
    case EPERM:
      return {ErrorCode::denied, text};
    case ENXIO:  // a socket, or a device without a driver
    case ENODEV:
      return not_regular(path);
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return {ErrorCode::invalid, text};
    default:
      return {ErrorCode::unavailable, text};
  }
}

std::optional<Error> refuse(const std::string& path, const struct ::stat& status, std::size_t most) {
  if (!S_ISREG(status.st_mode)) return not_regular(path);
  const auto mode = static_cast<unsigned>(status.st_mode) & 07777U;
  if ((mode & 02U) != 0) {
    return Error{ErrorCode::denied,
                 fmt::format("{}: mode {:04o}: others can write it; chmod o-w {}", path, mode, path)};
  }
  if (std::cmp_greater(status.st_size, most)) {
    return Error{ErrorCode::invalid, fmt::format("{}: is larger than {} bytes", path, most)};
  }
  return std::nullopt;
}

}  // namespace

Result<Secret> read_secret_file(const std::string& path, std::size_t most) {
  if (path.find('\0') != path.npos) return Error{ErrorCode::invalid, "a file's path holds a NUL byte"};
  // O_NONBLOCK: a FIFO without a writer would be waited for; on regular files it means nothing.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.number() < 0) return failure(path, errno);
  struct ::stat status{};
  if (::fstat(file.number(), &status) != 0) return failure(path, errno);
  if (auto refused = refuse(path, status, most)) return std::move(*refused);

  // One byte more than allowed, since the size may say 0 (/proc) or the file may grow while it is read. Never resized:
  // that would leave a copy behind that nobody wipes.
  std::string text(most + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const auto count = ::read(file.number(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(path, errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  text.resize(length);
  Secret secret{std::move(text)};
  if (length > most) return Error{ErrorCode::invalid, fmt::format("{}: is larger than {} bytes", path, most)};
  return secret;
}

}  // namespace teal
