// TLS for servers, over any accepted Stream.
//
// TLS 1.2 and later with forward secrecy and authenticated encryption only; no renegotiation, no compression, no
// resumption (so every connection verifies the certificate); HTTP/1.1 for clients that use ALPN. With client CAs
// configured, a certificate is requested but not required: if one is presented, it must be signed by them, be within
// its validity period, allow client authentication and name somebody, or the handshake fails. Stream::peer() has the
// identity.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string_view>

#include "daemon/runtime/stream.hpp"

namespace teal::runtime {

// The texts of PEM files; needed only while the context is made.
struct TlsServerPem {
  std::string_view certificate;         // the server's own, then those that lead to its authority
  std::string_view key;                 // of the first one, without a passphrase
  std::string_view client_authorities;  // empty: clients are not asked
};

class TlsServerContext;
using TlsServerContextPtr = std::shared_ptr<const TlsServerContext>;

// Errors, each a sentence that begins with "certificate", "key" or "clientCA": invalid.
[[nodiscard]] Result<TlsServerContextPtr> make_tls_server_context(const TlsServerPem& pem);
// Until when the server's own certificate is good.
[[nodiscard]] Time expiry_of(const TlsServerContext& context);

// Whether a certificate that was verified in a handshake is good for this context's authorities for clients too, which
// may be others than those of then.
[[nodiscard]] bool vouches_for(const TlsServerContext& context, const PeerCertificate& certificate);

// The server's side of a handshake, in the caller's own time: a client may make it last until the deadline. `below` is
// closed when it fails. Errors: denied (the client's certificate is refused, with the reason), unhealthy (the client
// refuses ours, or speaks no TLS that we do), invalid (it speaks no TLS), unavailable (it is gone), timed_out,
// cancelled.
[[nodiscard]] boost::asio::awaitable<Result<StreamPtr>> accept_tls(StreamPtr below, TlsServerContextPtr context,
                                                                   Deadline deadline);

}  // namespace teal::runtime
