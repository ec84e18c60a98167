#include "daemon/runtime/stream_tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace teal {

namespace asio = boost::asio;

class TlsContext {
 public:
  explicit TlsContext(SSL_CTX* handle) : handle_(handle) {}
  ~TlsContext() { SSL_CTX_free(handle_); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  [[nodiscard]] SSL_CTX* handle() const { return handle_; }

 private:
  SSL_CTX* handle_;
};

namespace {

// OpenSSL's newest complaint of this thread; its queue is empty afterwards.
std::string complaint() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words == nullptr ? "TLS failed" : words;
}

class TlsStream final : public Stream, public std::enable_shared_from_this<TlsStream> {
 public:
  TlsStream(StreamPtr below, TlsContextPtr context)
      : below_(std::move(below)), context_(std::move(context)), ssl_(SSL_new(context_->handle())) {
    if (ssl_ == nullptr) return;
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);  // which owns them from now on
    SSL_set_connect_state(ssl_);
  }
  ~TlsStream() override {
    below_->close();
    SSL_free(ssl_);
  }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  [[nodiscard]] bool expect(const std::string& host) {
    if (ssl_ == nullptr || in_ == nullptr || out_ == nullptr) return false;
    boost::system::error_code not_numeric;
    (void)asio::ip::make_address(host, not_numeric);
    // An address is no name: it is not sent as one, and the certificate must have it as an address.
    if (!not_numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str()) == 1;
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl_, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl_, host.c_str()) == 1;
  }

  asio::awaitable<Result<void>> shake_hands(Deadline deadline) {
    const auto self = shared_from_this();
    for (;;) {
      ERR_clear_error();
      const int done = SSL_do_handshake(ssl_);
      const int state = SSL_get_error(ssl_, done);
      Error error{ErrorCode::unavailable, state == SSL_ERROR_SSL ? complaint() : "TLS failed"};
      const auto flushed = co_await flush(deadline);  // the alert that says why, too
      if (done == 1) co_return flushed;
      if (const auto verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK) {
        co_return Error{ErrorCode::denied, fmt::format("its certificate is refused: {}; the authorities are the "
                                                       "system's, or those of SSL_CERT_FILE",
                                                       X509_verify_cert_error_string(verdict))};
      }
      if (state != SSL_ERROR_WANT_READ) co_return error;
      if (!flushed) co_return flushed;
      const auto fed = co_await feed(deadline);
      if (!fed) co_return fed.error();
      if (!*fed) co_return Error{ErrorCode::unavailable, "the connection was closed during the TLS handshake"};
    }
  }

  asio::awaitable<Result<std::size_t>> read_some(char* data, std::size_t size, Deadline deadline) override {
    const auto self = shared_from_this();
    for (;;) {
      ERR_clear_error();
      std::size_t count = 0;
      const int done = SSL_read_ex(ssl_, data, size, &count);
      if (done == 1) co_return count;
      const int state = SSL_get_error(ssl_, done);
      if (state == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (state != SSL_ERROR_WANT_READ) co_return Error{ErrorCode::unavailable, complaint()};
      if (const auto flushed = co_await flush(deadline); !flushed) co_return flushed.error();
      const auto fed = co_await feed(deadline);
      if (!fed) co_return fed.error();
      // An end that TLS did not announce may be somebody's cut.
      if (!*fed) co_return Error{ErrorCode::unavailable, "the connection was cut"};
    }
  }

  asio::awaitable<Result<void>> write(std::string_view data, Deadline deadline) override {
    const auto self = shared_from_this();
    while (!data.empty()) {
      ERR_clear_error();
      std::size_t count = 0;
      const int done = SSL_write_ex(ssl_, data.data(), data.size(), &count);
      // Its way out is memory, so it never has to wait; renegotiation, for which it would, is not in TLS 1.3 and
      // refused.
      if (done != 1) co_return Error{ErrorCode::unavailable, complaint()};
      data.remove_prefix(count);
    }
    co_return co_await flush(deadline);
  }

  void shutdown_send() noexcept override { below_->shutdown_send(); }
  void close() noexcept override { below_->close(); }
  bool quiet() const noexcept override {
    return SSL_pending(ssl_) == 0 && BIO_ctrl_pending(in_) == 0 && below_->quiet();
  }

 private:
  // What OpenSSL has to say goes out. One at a time: a second caller's bytes go with the first's.
  asio::awaitable<Result<void>> flush(Deadline deadline) {
    if (flushing_) co_return Result<void>{};
    while (BIO_ctrl_pending(out_) > 0) {
      std::string bytes(BIO_ctrl_pending(out_), '\0');
      const int count = BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
      bytes.resize(static_cast<std::size_t>(std::max(count, 0)));
      flushing_ = true;
      const auto written = co_await below_->write(bytes, deadline);
      flushing_ = false;
      if (!written) co_return written;
    }
    co_return Result<void>{};
  }

  // False: the other side has closed.
  asio::awaitable<Result<bool>> feed(Deadline deadline) {
    const auto count = co_await below_->read_some(piece_.data(), piece_.size(), deadline);
    if (!count) co_return count.error();
    if (*count == 0) co_return false;
    BIO_write(in_, piece_.data(), static_cast<int>(*count));
    co_return true;
  }

  StreamPtr below_;
  TlsContextPtr context_;
  SSL* ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  bool flushing_ = false;
  std::array<char, 16 << 10> piece_{};
};

}  // namespace

Result<TlsContextPtr> make_tls_context(const TlsFiles& files) {
  ERR_clear_error();
  SSL_CTX* handle = SSL_CTX_new(TLS_client_method());
  if (handle == nullptr) return Error{ErrorCode::unavailable, "TLS: " + complaint()};
  auto context = std::make_shared<TlsContext>(handle);
  SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) != 1 ||
      (files.authorities.empty() && SSL_CTX_set_default_verify_paths(handle) != 1)) {
    return Error{ErrorCode::unavailable, "the system's certificate authorities cannot be read: " + complaint()};
  }
  if (!files.authorities.empty() && SSL_CTX_load_verify_file(handle, files.authorities.c_str()) != 1) {
    return Error{ErrorCode::invalid, fmt::format("certificate authorities of {}: {}", files.authorities, complaint())};
  }
  if (!files.certificate.empty()) {
    if (SSL_CTX_use_certificate_chain_file(handle, files.certificate.c_str()) != 1) {
      return Error{ErrorCode::invalid, fmt::format("client certificate {}: {}", files.certificate, complaint())};
    }
    if (SSL_CTX_use_PrivateKey_file(handle, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return Error{ErrorCode::invalid, fmt::format("key {} of client certificate {}: {}", files.key, files.certificate,
                                                   complaint())};
    }
  }
  SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION);
  ERR_clear_error();
  return context;
}

asio::awaitable<Result<StreamPtr>> connect_tls(std::string host, std::string port, TlsContextPtr context,
                                               Deadline deadline) {
  auto below = co_await connect_tcp(host, std::move(port), deadline);
  if (!below) co_return below.error();
  const auto stream = std::make_shared<TlsStream>(std::move(*below), std::move(context));
  if (!stream->expect(host)) co_return Error{ErrorCode::unavailable, "TLS cannot be set up for this host"};
  const auto shaken = co_await stream->shake_hands(deadline);
  if (!shaken) co_return shaken.error();
  co_return StreamPtr{stream};
}

}  // namespace teal
