#include "daemon/runtime/stream_tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "daemon/runtime/tls_stream.hpp"

namespace teal::runtime {

namespace asio = boost::asio;

class TlsContext : public TlsHandle {
 public:
  TlsContext(SSL_CTX* handle, std::string authorities) : TlsHandle(handle), authorities_(std::move(authorities)) {}
  [[nodiscard]] const std::string& authorities() const { return authorities_; }

 private:
  std::string authorities_;
};

namespace {

bool expect(SSL* ssl, const std::string& host) {
  boost::system::error_code not_numeric;
  (void)asio::ip::make_address(host, not_numeric);
  // An address is no name: it is not sent as one, and the certificate must have it as an address.
  if (!not_numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

// OpenSSL's words, and what is to be looked at.
Error of_handshake(Error error, const TlsContext& context, SSL* ssl, const std::string& host) {
  if (error.code != ErrorCode::denied) return error;
  error.message = "its certificate is refused: " + error.message;
  switch (SSL_get_verify_result(ssl)) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      error.message += fmt::format("; it is for others than {}", host);
      break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      error.message += "; it has to be renewed, unless the clock here is wrong";
      break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      error.message += "; the clock here may be wrong";
      break;
    default:
      error.message += fmt::format("; the authorities are {}", context.authorities().empty()
                                                                   ? "the system's, or those of SSL_CERT_FILE"
                                                                   : "those of " + context.authorities());
  }
  return error;
}

}  // namespace

Result<TlsContextPtr> make_tls_context(const TlsFiles& files) {
  ERR_clear_error();
  SSL_CTX* handle = SSL_CTX_new(TLS_client_method());
  if (handle == nullptr) return Error{ErrorCode::unavailable, "TLS: " + tls_complaint()};
  auto context = std::make_shared<TlsContext>(handle, files.authorities);
  SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) != 1 ||
      (files.authorities.empty() && SSL_CTX_set_default_verify_paths(handle) != 1)) {
    return Error{ErrorCode::unavailable, "the system's certificate authorities cannot be read: " + tls_complaint()};
  }
  if (!files.authorities.empty() && SSL_CTX_load_verify_file(handle, files.authorities.c_str()) != 1) {
    return Error{ErrorCode::invalid,
                 fmt::format("certificate authorities of {}: {}", files.authorities, tls_complaint())};
  }
  if (!files.certificate.empty()) {
    if (SSL_CTX_use_certificate_chain_file(handle, files.certificate.c_str()) != 1) {
      return Error{ErrorCode::invalid, fmt::format("client certificate {}: {}", files.certificate, tls_complaint())};
    }
    if (SSL_CTX_use_PrivateKey_file(handle, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return Error{ErrorCode::invalid,
                   fmt::format("key {} of client certificate {}: {}", files.key, files.certificate, tls_complaint())};
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
  const auto stream = std::make_shared<TlsStream>(std::move(*below), context, TlsSide::Client);
  if (!stream->is_good() || !expect(stream->ssl(), host)) {
    co_return Error{ErrorCode::unavailable, "TLS cannot be set up for this host"};
  }
  const auto shaken = co_await stream->shake_hands(deadline);
  if (!shaken) co_return of_handshake(shaken.error(), *context, stream->ssl(), host);
  co_return StreamPtr{stream};
}

}  // namespace teal::runtime
