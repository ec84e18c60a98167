// Image registries: whom an engine logs in as, and what a registry has. Answers for any image; which registry and which
// credentials is the adapter's business. Errors name the credential source and what to change, never a secret (C2).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::ports {

struct RegistryLogin {
  std::string server;    // the registry's host[:port]
  std::string username;  // empty, without an identity token either: nobody in particular
  masking::Secret password;
  masking::Secret identity_token;  // instead of name and password
  std::string source;  // where they come from, for people: "ECR token of the AWS credentials of /root/.aws/credentials"
  std::string advice;  // what to change when the registry refuses them; a clause

  [[nodiscard]] bool is_anonymous() const { return username.empty() && identity_token.reveal().empty(); }
};

class Registry {
 public:
  virtual ~Registry() = default;

  // `reference`: an image's name as manifests write it. Errors: denied, invalid, not_found (a source of credentials
  // that is there and wrong), unavailable, timed_out.
  [[nodiscard]] virtual boost::asio::awaitable<Result<RegistryLogin>> login(std::string reference) = 0;
  // The registry did not take the last login: what was kept of it is forgotten, so that the next is made from scratch.
  virtual void refused(const std::string& reference) = 0;

  // What the reference's tag names now: "sha256:…". Errors: not_found, denied, unavailable, timed_out.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> digest(std::string reference) = 0;
  // What `digest` said last; empty: not asked yet.
  [[nodiscard]] virtual std::string last_digest(const std::string& reference) const = 0;

  // teald.yaml gives a public key for this image's registry.
  [[nodiscard]] virtual bool wants_signature(const std::string& reference) const = 0;
  // The image of that digest is signed with that key. Errors: denied (no good signature), invalid (the key), else as
  // digest.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> verify(std::string reference, std::string digest) = 0;
  // That was verified since teald started.
  [[nodiscard]] virtual bool is_verified(const std::string& reference, const std::string& digest) const = 0;
};

}  // namespace teal::ports
