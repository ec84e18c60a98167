#include "daemon/fingerprints.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "daemon/runtime/secret_file.hpp"
#include "daemon/runtime/secret_text.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::daemon {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t shown_bytes = 16;

Error failed(const std::string& path, int number) {
  return {ErrorCode::unavailable, fmt::format("{}: {}", path, std::generic_category().message(number))};
}

Result<void> make_key(const std::string& path) {
  auto random = random_hex(key_bytes);
  if (!random) return Error{ErrorCode::unavailable, fmt::format("{}: the system has no random bytes", path)};
  const masking::Secret text{std::move(*random) + "\n"};
  // Under another name first: half a key must not be taken for one after a crash.
  const auto draft = path + ".new";
  ::unlink(draft.c_str());
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return failed(draft, errno);
  const auto& all = text.reveal();
  const bool written = ::write(file, all.data(), all.size()) == static_cast<ssize_t>(all.size()) && ::fsync(file) == 0;
  const int number = errno;
  ::close(file);
  if (!written) return failed(draft, number);
  if (::rename(draft.c_str(), path.c_str()) != 0) return failed(path, errno);
  return {};
}

}  // namespace

Fingerprints::Fingerprints(masking::Secret key) : key_(std::move(key)), key_id_(digest("id").substr(0, 8)) {}

std::string Fingerprints::digest(std::string_view text) const {
  return hmac_sha256_hex(key_.reveal(), text).substr(0, shown_bytes * 2);
}

std::string Fingerprints::of(std::string_view place, const masking::Secret& value) const {
  const masking::Secret text{fmt::format("value\n{}\n{}", place, value.reveal())};
  return key_id_ + ":" + digest(text.reveal());
}

std::string Fingerprints::of(std::string_view place, const masking::SecretEnvironment& values) const {
  std::string text = fmt::format("file\n{}\n", place);
  for (const auto& [name, value] : values)
    text += fmt::format("{}={}:{}\n", name, value.reveal().size(), value.reveal());
  const masking::Secret all{std::move(text)};
  return key_id_ + ":" + digest(all.reveal());
}

Result<masking::Secret> read_or_make_key(const std::string& path) {
  auto text = runtime::read_secret_file(path, 1000, runtime::Readers::OwnerOnly);
  if (!text && text.error().code == ErrorCode::not_found) {
    if (auto made = make_key(path); !made) return made.error();
    text = runtime::read_secret_file(path, 1000, runtime::Readers::OwnerOnly);
  }
  if (!text) return text.error();
  const auto key = runtime::without_newline(text->reveal());
  const bool good = key.size() == key_bytes * 2 && is_hex(key);
  if (!good) {
    return Error{ErrorCode::invalid, path +
                                         ": is no key of teald: remove it, then a new one is made; no secret that "
                                         "changed meanwhile is noticed then"};
  }
  return masking::Secret{std::string{key}};
}

}  // namespace teal::daemon
