#include "daemon/runtime/stream_tls_server.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/runtime/openssl_objects.hpp"
#include "daemon/runtime/peer_certificate.hpp"
#include "daemon/runtime/tls_stream.hpp"

namespace teal::runtime {

namespace asio = boost::asio;

class TlsServerContext : public TlsHandle {
 public:
  TlsServerContext() : TlsHandle(SSL_CTX_new(TLS_server_method())) {}
  Time expires;
  bool asks_clients = false;
  std::string authorities;  // a fingerprint of those for clients; empty: there are none
};

namespace {

// ECDHE with AEAD; TLS 1.3 has no others.
constexpr const char* ciphers_of_tls_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

Error wrong(std::string_view what, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("{}: {}", what, why)};
}

// All certificates of a text; a part that is none, or half of one, is an error.
Result<std::vector<OwnedCertificate>> read_certificates(std::string_view text, std::string_view what) {
  ERR_clear_error();
  const auto source = open_text(text);
  std::vector<OwnedCertificate> certificates;
  while (auto* certificate = PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const auto complaint = tls_complaint();
  if (!ended) return wrong(what, fmt::format("it is not whole: {}", complaint));
  if (certificates.empty()) return wrong(what, "there is no certificate in it: expected PEM");
  return certificates;
}

Result<void> use_certificate(TlsServerContext& context, std::string_view text) {
  auto chain = read_certificates(text, "certificate");
  if (!chain) return chain.error();
  if (SSL_CTX_use_certificate(context.get(), chain->front().get()) != 1) return wrong("certificate", tls_complaint());
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(chain->front().get()), &end) != 1) {
    return wrong("certificate", "its end cannot be read");
  }
  context.expires = Time{std::chrono::seconds{::timegm(&end)}};
  for (std::size_t i = 1; i < chain->size(); ++i) {
    // Which owns it from then on.
    if (SSL_CTX_add0_chain_cert(context.get(), (*chain)[i].get()) != 1) return wrong("certificate", tls_complaint());
    (void)(*chain)[i].release();
  }
  return {};
}

Result<void> use_key(TlsServerContext& context, std::string_view text) {
  ERR_clear_error();
  const auto source = open_text(text);
  const OwnedKey key{PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr)};
  if (!key) {
    const auto complaint = tls_complaint();
    if (text.find("ENCRYPTED") != text.npos) return wrong("key", "it has a passphrase: teald needs one without");
    return wrong("key", fmt::format("there is no whole private key in it ({}): expected PEM", complaint));
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 || SSL_CTX_check_private_key(context.get()) != 1) {
    const bool other = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                       ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    const auto complaint = tls_complaint();
    return wrong("key", other ? "it belongs to another certificate" : complaint);
  }
  return {};
}

// The words of a certificate are looked at with the rest of it, so that the client is told by TLS itself; why, stands
// where accept_tls reads it.
int verify_client(int good, X509_STORE_CTX* verification) {
  if (good != 1 || X509_STORE_CTX_get_error_depth(verification) != 0) return good;
  const auto words = read_peer_certificate(X509_STORE_CTX_get_current_cert(verification));
  if (words) return good;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (auto* why = static_cast<std::string*>(SSL_get_app_data(ssl)); why != nullptr) *why = words.error().message;
  X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

std::string fingerprint(const std::vector<OwnedCertificate>& certificates) {
  std::string all;
  for (const auto& certificate : certificates) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size);
    all.append(reinterpret_cast<const char*>(digest.data()), size);
  }
  return all;
}

Result<void> use_client_authorities(TlsServerContext& context, std::string_view text) {
  if (text.empty()) return {};
  const auto authorities = read_certificates(text, "clientCA");
  if (!authorities) return authorities.error();
  auto* store = SSL_CTX_get_cert_store(context.get());
  for (const auto& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context.get(), authority.get()) != 1) {
      return wrong("clientCA", tls_complaint());
    }
  }
  // An authority below another may be the one that is meant; OpenSSL's purpose for a server's clients is set by itself.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, verify_client);
  context.asks_clients = true;
  context.authorities = fingerprint(*authorities);
  return {};
}

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  std::string text{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(std::max(size, 0))};
  OPENSSL_free(bytes);
  return text;
}

OwnedCertificate from_der(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return OwnedCertificate{d2i_X509(nullptr, &bytes, static_cast<long>(der.size()))};
}

// What the client has shown, its own first.
std::vector<std::string> shown_chain(const SSL* ssl) {
  std::vector<std::string> chain{der_of(SSL_get0_peer_certificate(ssl))};
  const auto* others = SSL_get_peer_cert_chain(ssl);  // of a server's client it lacks the first
  for (int i = 0; i < sk_X509_num(others); ++i) chain.push_back(der_of(sk_X509_value(others, i)));
  return chain;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int agreed = SSL_select_next_proto(&found, length, ours.data(), ours.size(), offered, offered_length);
  if (agreed != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

bool set_up(SSL_CTX* handle) {
  SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(handle, choose_protocol, nullptr);
  // What is shown is what the file holds: authorities for clients do not get into the server's own chain.
  SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  return SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) == 1 && SSL_CTX_set_num_tickets(handle, 0) == 1 &&
         SSL_CTX_set_cipher_list(handle, ciphers_of_tls_1_2) == 1;
}

Error of_handshake(Error error, const std::string& why) {
  if (error.code != ErrorCode::denied) return within("TLS", std::move(error));
  return {ErrorCode::denied, fmt::format("the client's certificate is refused: {}", why.empty() ? error.message : why)};
}

}  // namespace

Result<TlsServerContextPtr> make_tls_server_context(const TlsServerPem& pem) {
  ERR_clear_error();
  const auto context = std::make_shared<TlsServerContext>();
  if (context->get() == nullptr || !set_up(context->get())) return wrong("TLS", tls_complaint());
  if (auto used = use_certificate(*context, pem.certificate); !used) return used.error();
  if (auto used = use_key(*context, pem.key); !used) return used.error();
  if (auto used = use_client_authorities(*context, pem.client_authorities); !used) return used.error();
  ERR_clear_error();
  return TlsServerContextPtr{context};
}

Time expiry_of(const TlsServerContext& context) { return context.expires; }

bool vouches_for(const TlsServerContext& context, const PeerCertificate& certificate) {
  if (!context.asks_clients || certificate.chain.empty()) return false;
  if (certificate.authorities == context.authorities) return true;  // the handshake has asked them
  const auto shown = from_der(certificate.chain.front());
  const OwnedCertificates others{sk_X509_new_null()};
  for (std::size_t i = 1; i < certificate.chain.size(); ++i) {
    if (auto other = from_der(certificate.chain[i])) sk_X509_push(others.get(), other.release());
  }
  const OwnedVerification verification{X509_STORE_CTX_new()};
  ERR_clear_error();
  const bool is_good =
      shown && verification &&
      X509_STORE_CTX_init(verification.get(), SSL_CTX_get_cert_store(context.get()), shown.get(), others.get()) == 1 &&
      X509_STORE_CTX_set_default(verification.get(), "ssl_client") == 1 && X509_verify_cert(verification.get()) == 1;
  ERR_clear_error();
  return is_good;
}

asio::awaitable<Result<StreamPtr>> accept_tls(StreamPtr below, TlsServerContextPtr context, Deadline deadline) {
  const auto stream = std::make_shared<TlsStream>(std::move(below), context, TlsSide::Server);
  if (!stream->is_good()) co_return Error{ErrorCode::unavailable, "TLS: out of memory"};
  std::string why;  // see verify_client
  SSL_set_app_data(stream->ssl(), &why);
  const auto shaken = co_await stream->shake_hands(deadline);
  SSL_set_app_data(stream->ssl(), nullptr);
  if (!shaken) {
    stream->close();
    co_return of_handshake(shaken.error(), why);
  }
  if (auto* shown = SSL_get0_peer_certificate(stream->ssl()); context->asks_clients && shown != nullptr) {
    auto certificate = read_peer_certificate(shown);
    if (!certificate) co_return Error{ErrorCode::denied, certificate.error().message};  // which verifying has refused
    certificate->chain = shown_chain(stream->ssl());
    certificate->authorities = context->authorities;
    stream->set_certificate(std::move(*certificate));
  }
  co_return StreamPtr{stream};
}

}  // namespace teal::runtime
