#include "daemon/fingerprints.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "daemon/runtime/secret_file.hpp"
#include "daemon/runtime/secret_text.hpp"

namespace teal {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t shown_bytes = 16;

std::string hex(const unsigned char* bytes, std::size_t count) {
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

Error failed(const std::string& path, int number) {
  return {ErrorCode::unavailable, fmt::format("{}: {}", path, std::generic_category().message(number))};
}

Result<void> make_key(const std::string& path) {
  std::array<unsigned char, key_bytes> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return failed(path, errno);
  const Secret text{hex(random.data(), random.size()) + "\n"};
  ::explicit_bzero(random.data(), random.size());
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

Fingerprints::Fingerprints(Secret key) : key_(std::move(key)), key_id_(digest("id").substr(0, 8)) {}

std::string Fingerprints::digest(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const auto& key = key_.reveal();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), bytes.data(), &size);
  return hex(bytes.data(), std::min<std::size_t>(size, shown_bytes));
}

std::string Fingerprints::of(std::string_view place, const Secret& value) const {
  const Secret text{fmt::format("value\n{}\n{}", place, value.reveal())};
  return key_id_ + ":" + digest(text.reveal());
}

std::string Fingerprints::of(std::string_view place, const SecretEnvironment& values) const {
  std::string text = fmt::format("file\n{}\n", place);
  for (const auto& [name, value] : values)
    text += fmt::format("{}={}:{}\n", name, value.reveal().size(), value.reveal());
  const Secret all{std::move(text)};
  return key_id_ + ":" + digest(all.reveal());
}

Result<Secret> read_or_make_key(const std::string& path) {
  auto text = read_secret_file(path, 1000, Readers::OwnerOnly);
  if (!text && text.error().code == ErrorCode::not_found) {
    if (auto made = make_key(path); !made) return made.error();
    text = read_secret_file(path, 1000, Readers::OwnerOnly);
  }
  if (!text) return text.error();
  const auto key = without_newline(text->reveal());
  const bool good = key.size() == key_bytes * 2 && key.find_first_not_of("0123456789abcdef") == key.npos;
  if (!good) {
    return Error{ErrorCode::invalid, path +
                                         ": is no key of teald: remove it, then a new one is made; no secret that "
                                         "changed meanwhile is noticed then"};
  }
  return Secret{std::string{key}};
}

}  // namespace teal
