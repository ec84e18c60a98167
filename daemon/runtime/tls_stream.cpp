#include "daemon/runtime/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <system_error>
#include <utility>

namespace teal::runtime {

namespace asio = boost::asio;

std::string tls_complaint() {
  const auto code = ERR_peek_last_error();
  // Of a file that cannot be opened the newest complaint says "system lib", an older one why.
  for (auto each = ERR_get_error(); each != 0; each = ERR_get_error()) {
    if (!ERR_SYSTEM_ERROR(each)) continue;
    ERR_clear_error();
    return std::generic_category().message(ERR_GET_REASON(each));
  }
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words == nullptr ? "TLS failed" : words;
}

namespace {

bool is_about_a_certificate(int alert) {
  return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) || alert == SSL_AD_UNKNOWN_CA ||
         alert == SSL_AD_CERTIFICATE_REQUIRED;
}

// What OpenSSL complains of; an alert about a certificate is the other side's answer, and not a lost connection.
Error tls_error() {
  const auto code = ERR_peek_last_error();
  const int alert = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET : 0;
  const auto words = tls_complaint();
  if (is_about_a_certificate(alert)) {
    return {ErrorCode::unhealthy, "the other side refuses our certificate: " + words};
  }
  return {ErrorCode::unavailable, words};
}

// The same while hands are shaken: somebody is there, and speaks something else or nothing that we do.
Error handshake_error() {
  const auto code = ERR_peek_last_error();
  const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  const auto error = tls_error();
  if (error.code == ErrorCode::unhealthy) return error;
  if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST) {
    return {ErrorCode::invalid, "the other side speaks plain HTTP"};
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG) {
    return {ErrorCode::invalid, "the other side does not speak TLS"};
  }
  const bool is_alert = reason > SSL_AD_REASON_OFFSET;
  return {ErrorCode::unhealthy, (is_alert ? "the other side ends the TLS handshake: " : "") + error.message};
}

}  // namespace

// One flush at a time, whatever ends it.
class TlsStream::Flushing {
 public:
  explicit Flushing(TlsStream& stream) : stream_(stream) { stream_.flushing_ = true; }
  ~Flushing() {
    stream_.flushing_ = false;
    if (stream_.flushed_) stream_.flushed_->cancel();
  }
  Flushing(const Flushing&) = delete;
  Flushing& operator=(const Flushing&) = delete;

 private:
  TlsStream& stream_;
};

TlsStream::TlsStream(StreamPtr below, std::shared_ptr<const TlsHandle> context, TlsSide side)
    : below_(std::move(below)), context_(std::move(context)), ssl_(SSL_new(context_->get())) {
  if (ssl_ == nullptr) return;
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_, in_, out_);  // which owns them from now on
  if (side == TlsSide::Client) {
    SSL_set_connect_state(ssl_);
  } else {
    SSL_set_accept_state(ssl_);
  }
}

TlsStream::~TlsStream() {
  below_->close();
  SSL_free(ssl_);
}

asio::awaitable<Result<void>> TlsStream::shake_hands(Deadline deadline) {
  const auto self = shared_from_this();
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const int state = SSL_get_error(ssl_, done);
    const auto error = state == SSL_ERROR_SSL ? handshake_error() : Error{ErrorCode::unavailable, "TLS failed"};
    const auto flushed = co_await flush(deadline);  // the alert that says why, too
    if (done == 1) co_return flushed;
    if (const auto verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK) {
      co_return Error{ErrorCode::denied, X509_verify_cert_error_string(verdict)};
    }
    if (state != SSL_ERROR_WANT_READ) co_return error;
    if (!flushed) co_return flushed;
    const auto fed = co_await feed(deadline);
    if (!fed) co_return fed.error();
    if (!*fed) co_return Error{ErrorCode::unavailable, "the connection was closed during the TLS handshake"};
  }
}

asio::awaitable<Result<std::size_t>> TlsStream::read_some(char* data, std::size_t size, Deadline deadline) {
  const auto self = shared_from_this();
  for (;;) {
    ERR_clear_error();
    std::size_t count = 0;
    const int done = SSL_read_ex(ssl_, data, size, &count);
    if (done == 1) co_return count;
    const int state = SSL_get_error(ssl_, done);
    if (state == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
    if (state != SSL_ERROR_WANT_READ) co_return tls_error();
    if (const auto flushed = co_await flush(deadline); !flushed) co_return flushed.error();
    const auto fed = co_await feed(deadline);
    if (!fed) co_return fed.error();
    // An end that TLS did not announce may be somebody's cut.
    if (!*fed) co_return Error{ErrorCode::unavailable, "the connection was cut"};
  }
}

// Piece by piece: what OpenSSL has turned into its own bytes lies in memory until the other side takes it.
asio::awaitable<Result<void>> TlsStream::write(std::string_view data, Deadline deadline) {
  constexpr std::size_t most = 64 << 10;
  const auto self = shared_from_this();
  while (!data.empty()) {
    co_await until_flushed();
    ERR_clear_error();
    std::size_t count = 0;
    const int done = SSL_write_ex(ssl_, data.data(), std::min(data.size(), most), &count);
    // Its way out is memory, so it never has to wait; renegotiation, for which it would, is not in TLS 1.3 and refused.
    if (done != 1) co_return Error{ErrorCode::unavailable, tls_complaint()};
    data.remove_prefix(count);
    if (const auto flushed = co_await flush(deadline); !flushed) co_return flushed.error();
  }
  co_return Result<void>{};
}

void TlsStream::shutdown_send() noexcept {
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  ending_ = true;
}

bool TlsStream::quiet() const noexcept {
  return SSL_pending(ssl_) == 0 && BIO_ctrl_pending(in_) == 0 && below_->quiet();
}

Peer TlsStream::peer() const {
  auto peer = below_->peer();
  peer.certificate = certificate_;
  return peer;
}

// What OpenSSL has to say goes out. One at a time: a second caller's bytes go with the first's.
asio::awaitable<Result<void>> TlsStream::flush(Deadline deadline) {
  if (flushing_) co_return Result<void>{};
  const Flushing flushing{*this};
  while (BIO_ctrl_pending(out_) > 0) {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    const int count = BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(count, 0)));
    const auto written = co_await below_->write(bytes, deadline);
    if (!written) co_return written;
  }
  if (std::exchange(ending_, false)) below_->shutdown_send();
  co_return Result<void>{};
}

// False: the other side has closed.
asio::awaitable<Result<bool>> TlsStream::feed(Deadline deadline) {
  const auto count = co_await below_->read_some(piece_.data(), piece_.size(), deadline);
  if (!count) co_return count.error();
  if (*count == 0) co_return false;
  BIO_write(in_, piece_.data(), static_cast<int>(*count));
  co_return true;
}

// The reader's flush has a deadline, which ends the stream when it passes; so this ends.
asio::awaitable<void> TlsStream::until_flushed() {
  while (flushing_) {
    if (!flushed_) flushed_.emplace(co_await asio::this_coro::executor);
    flushed_->expires_at(no_deadline);
    (void)co_await flushed_->async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace teal::runtime
