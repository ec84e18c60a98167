#include "daemon/api_tls.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/secret_file.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::daemon {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_of_a_file = 1 << 20;  // bytes of one file

struct Texts {
  masking::Secret certificate;
  masking::Secret key;
  masking::Secret client_ca;
};

// Whoever can put another in its place decides whom clients speak to, or who is let in.
Result<masking::Secret> read_one(std::string_view key, const std::string& path, runtime::Readers readers) {
  if (const auto trusted = runtime::open_trusted(path, runtime::PathKind::File); !trusted) {
    return within(fmt::format("api.tls.{}: {}", key, path), trusted.error());
  }
  auto text = runtime::read_secret_file(path, most_of_a_file, readers);
  if (!text) return within(fmt::format("api.tls.{}", key), text.error());
  if (text->reveal().empty()) return Error{ErrorCode::invalid, fmt::format("api.tls.{}: {}: is empty", key, path)};
  return text;
}

Result<Texts> read_all(const config::TlsConfig& files) {
  Texts texts;
  auto certificate = read_one("certificate", files.certificate, runtime::Readers::Anyone);
  if (!certificate) return certificate.error();
  texts.certificate = std::move(*certificate);
  auto key = read_one("key", files.key, runtime::Readers::OwnerOnly);
  if (!key) return key.error();
  texts.key = std::move(*key);
  if (!files.client_ca) return texts;
  auto client_ca = read_one("clientCA", *files.client_ca, runtime::Readers::Anyone);
  if (!client_ca) return client_ca.error();
  texts.client_ca = std::move(*client_ca);
  return texts;
}

Result<runtime::TlsServerContextPtr> make(const config::TlsConfig& files, const Texts& texts) {
  auto made =
      runtime::make_tls_server_context({texts.certificate.reveal(), texts.key.reveal(), texts.client_ca.reveal()});
  if (made) return made;
  return Error{made.error().code,
               fmt::format("api.tls.{} (certificate {}, key {}{})", made.error().message, files.certificate, files.key,
                           files.client_ca ? ", clientCA " + *files.client_ca : "")};
}

// Digests of the digests: the parts cannot flow into each other.
std::string fingerprint(const Texts& texts) {
  return sha256_hex(sha256_hex(texts.certificate.reveal()) + sha256_hex(texts.key.reveal()) +
                    sha256_hex(texts.client_ca.reveal()));
}

std::string state_of(const Result<Texts>& texts) { return texts ? fingerprint(*texts) : texts.error().message; }

struct Look {
  std::string state;
  std::optional<Result<runtime::TlsServerContextPtr>> loaded;  // when the state is the one that was asked for
};

Look look_at(const config::TlsConfig& files, const std::string& wanted) {
  const auto texts = read_all(files);
  Look look{state_of(texts), std::nullopt};
  if (look.state != wanted) return look;
  look.loaded = texts ? make(files, *texts) : Result<runtime::TlsServerContextPtr>{texts.error()};
  return look;
}

}  // namespace

Result<runtime::TlsServerContextPtr> load_api_tls(const config::TlsConfig& files) {
  const auto texts = read_all(files);
  if (!texts) return texts.error();
  return make(files, *texts);
}

Result<std::unique_ptr<ApiTls>> ApiTls::open(asio::any_io_executor executor, ApiTlsOptions options) {
  const auto texts = read_all(options.files);
  if (!texts) return texts.error();
  auto first = make(options.files, *texts);
  if (!first) return first.error();
  return std::unique_ptr<ApiTls>{
      new ApiTls{std::move(executor), std::move(options), std::move(*first), fingerprint(*texts)}};
}

ApiTls::ApiTls(asio::any_io_executor executor, ApiTlsOptions options, runtime::TlsServerContextPtr first,
               std::string state)
    : options_(std::move(options)),
      timer_(std::move(executor)),
      context_(std::move(first)),
      seen_(state),
      settled_(std::move(state)) {}

asio::awaitable<void> ApiTls::watch() {
  for (;;) {
    tell_expiry();
    co_await look();
    timer_.expires_after(options_.look_every);
    const auto [ended] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (ended) co_return;
  }
}

asio::awaitable<void> ApiTls::look() {
  // Only what is new, and was so at the last look already, is made into something.
  auto work = [files = options_.files, wanted = seen_ == settled_ ? std::string{} : seen_] {
    return look_at(files, wanted);
  };
  auto look = co_await options_.pool->run(std::move(work));
  seen_ = std::move(look.state);
  if (!look.loaded) co_return;
  settled_ = seen_;
  take(std::move(*look.loaded));
}

void ApiTls::take(Result<runtime::TlsServerContextPtr> loaded) {
  if (!loaded) {
    options_.say(
        false, spec::Reason::TlsKept,
        fmt::format("{}; the certificate that was read before, good until {}, stays in use until this is fixed",
                    loaded.error().message, format_time(runtime::expiry_of(*context_))));
    return;
  }
  context_ = std::move(*loaded);
  told_expiry_ = false;
  options_.say(true, spec::Reason::TlsTakenOver,
               fmt::format("{}: taken over, good until {}", options_.files.certificate,
                           format_time(runtime::expiry_of(*context_))));
}

void ApiTls::tell_expiry() {
  if (told_expiry_ || runtime::expiry_of(*context_) > std::chrono::system_clock::now()) return;
  told_expiry_ = true;
  options_.say(
      false, spec::Reason::TlsExpired,
      fmt::format("api.tls.certificate: {}: ended at {}, so clients refuse it: put a new one, with its key, in "
                  "its place",
                  options_.files.certificate, format_time(runtime::expiry_of(*context_))));
}

}  // namespace teal::daemon
