// Shared by both sides of TLS: OpenSSL transforms bytes, the stream below carries them and enforces the deadlines. For
// stream_tls.cpp and stream_tls_server.cpp only.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "daemon/runtime/stream.hpp"

namespace teal::runtime {

// OpenSSL's newest complaint of this thread; its queue is empty afterwards.
[[nodiscard]] std::string tls_complaint();

class TlsHandle {
 public:
  explicit TlsHandle(SSL_CTX* handle) : handle_(handle) {}
  ~TlsHandle() { SSL_CTX_free(handle_); }
  TlsHandle(const TlsHandle&) = delete;
  TlsHandle& operator=(const TlsHandle&) = delete;
  [[nodiscard]] SSL_CTX* get() const { return handle_; }

 private:
  SSL_CTX* handle_;
};

enum class TlsSide { Client, Server };

class TlsStream final : public Stream, public std::enable_shared_from_this<TlsStream> {
 public:
  TlsStream(StreamPtr below, std::shared_ptr<const TlsHandle> context, TlsSide side);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  [[nodiscard]] bool is_good() const { return ssl_ != nullptr && in_ != nullptr && out_ != nullptr; }
  [[nodiscard]] SSL* ssl() const { return ssl_; }

  // Errors: denied (the other side's certificate is refused: OpenSSL's reason alone), unhealthy (the other side refuses
  // ours, or speaks no TLS that we do), invalid (it speaks no TLS), unavailable, timed_out, cancelled.
  [[nodiscard]] boost::asio::awaitable<Result<void>> shake_hands(Deadline deadline);
  void set_certificate(std::optional<PeerCertificate> certificate) { certificate_ = std::move(certificate); }

  [[nodiscard]] boost::asio::awaitable<Result<std::size_t>> read_some(char* data, std::size_t size,
                                                                      Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<Result<void>> write(std::string_view data, Deadline deadline) override;
  // What tells the other side goes out with the next read.
  void shutdown_send() noexcept override;
  void close() noexcept override { below_->close(); }
  [[nodiscard]] bool quiet() const noexcept override;
  [[nodiscard]] Peer peer() const override;

 private:
  class Flushing;
  [[nodiscard]] boost::asio::awaitable<Result<void>> flush(Deadline deadline);
  [[nodiscard]] boost::asio::awaitable<Result<bool>> feed(Deadline deadline);
  [[nodiscard]] boost::asio::awaitable<void> until_flushed();

  StreamPtr below_;
  std::shared_ptr<const TlsHandle> context_;
  SSL* ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  bool flushing_ = false;
  bool ending_ = false;                               // nothing more is sent; the stream below does not know it yet
  std::optional<boost::asio::steady_timer> flushed_;  // wakes a writer that waits for the other's flush
  std::optional<PeerCertificate> certificate_;
  std::array<char, 16 << 10> piece_{};
};

}  // namespace teal::runtime
