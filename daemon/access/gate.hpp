// Authentication and authorization of requests: the one place that decides (the contract's section "Access").
//
// Nothing is read, run or connected to here: a token is looked up by its digest among those loaded before, a Unix user
// by the ids that the kernel reports. Single-threaded, like the API.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "daemon/access/identity.hpp"
#include "daemon/access/required_access.hpp"
#include "daemon/access/role.hpp"
#include "daemon/access/tokens.hpp"
#include "daemon/runtime/peer.hpp"

namespace teal::access {

// What a request shows of who sends it.
struct Credentials {
  std::vector<std::string> authorization;  // the values of its Authorization headers
  runtime::Peer peer;                      // of its connection
};

struct GateOptions {
  std::map<std::string, Role> groups;  // Unix groups → roles; empty: whoever may open the Unix socket is admin
  bool has_tokens = false;             // TCP clients can prove who they are by a token
  bool has_client_ca = false;          // … or by a certificate
  std::uint32_t own_uid = 0;           // the user that teald runs as
  // Whether the authorities of now are those that verified a connection's certificate, or would; empty: they never
  // change.
  std::function<bool(const runtime::PeerCertificate& certificate)> vouched{};
  // Names for people, and ids of groups; from the system unless a test says otherwise.
  std::function<std::string(std::uint32_t uid)> user_name;
  std::function<std::optional<std::uint32_t>(const std::string& group)> group_id;
};

struct Denial {
  int status = 403;  // 401: it is not known who asks; 403: it is, and they may not
  std::string message;
};

class Gate {
 public:
  // `tokens` and `clock` outlive it.
  Gate(GateOptions options, const Tokens& tokens, const ports::Clock& clock);

  // None: what the request shows is no good, whatever it is that is wrong (401). A request that shows nothing is
  // anonymous: a viewer on a loopback address as long as neither tokens nor certificates are asked for, else nobody.
  [[nodiscard]] std::optional<Identity> identify(const Credentials& credentials) const;

  // Whether `identity` may do what `need` says; `application` is the one concerned, where the reach is one.
  [[nodiscard]] std::optional<Denial> refuse(const std::optional<Identity>& identity, const RequiredAccess& need,
                                             bool has_body, std::string_view application) const;

 private:
  [[nodiscard]] const std::string& name_of(std::uint32_t uid) const;
  [[nodiscard]] Identity of_user(const runtime::PeerUser& user) const;
  [[nodiscard]] std::optional<Identity> of_token(const std::vector<std::string>& authorization) const;
  [[nodiscard]] std::optional<Identity> of_certificate(const runtime::PeerCertificate& certificate) const;

  GateOptions options_;
  const Tokens& tokens_;
  const ports::Clock& clock_;
  // The system reads a file for each look. Names seldom change, and decide nothing.
  struct Name {
    std::string text;
    Time looked_up{};
  };
  mutable std::map<std::uint32_t, Name> names_;
};

}  // namespace teal::access
