// AWS as teald sees it: ECR's and STS' APIs, a container's credentials endpoint and the instance metadata service, at
// one address. As strict as they are: every signature is computed anew (by another way than teald's), every header
// looked at. What AWS would not bear is also a complaint.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "tests/support/handler_server.hpp"

namespace teal::test {

struct AwsAccount {
  std::string secret_key;
  std::string session_token;  // empty: none is expected
  bool may_log_in = true;     // ecr:GetAuthorizationToken
};

class AwsDouble {
 public:
  AwsDouble(boost::asio::io_context& loop, const ports::Clock& clock);

  [[nodiscard]] std::string url() const { return server_->url(); }
  // From now on the endpoints cannot be reached.
  void close() { server_.reset(); }

  // --- what it knows; change it at any time
  std::map<std::string, AwsAccount> accounts;       // by access key
  std::string region = "eu-west-1";                 // of its ECR and STS
  std::string registry_password = "registry-pw-1";  // what tokens are good for
  Duration token_life = std::chrono::hours{12};
  Duration clock_offset{0};     // of its clock to the test's
  std::string raw_ecr_answer;   // instead of an answer
  std::set<std::string> roles;  // that may be assumed; their keys are "ASIA" + the last part of the ARN
  std::string external_id;      // wanted by AssumeRole; empty: none
  std::string web_token = "web-token-1";
  std::string container_authorization;  // the header that is wanted
  std::string container_answer;
  std::string instance_role;  // empty: none is attached
  std::string instance_answer;
  bool has_instance = false;

  // --- what happened
  std::vector<std::string> calls;       // "ecr 123456789012", "sts AssumeRole …", "container", "imds …"
  std::vector<std::string> complaints;  // what AWS would not bear, or not do

 private:
  boost::asio::awaitable<Said> answer(Asked asked);
  Said ecr(const Asked& asked);
  Said sts(const Asked& asked);
  Said metadata(const Asked& asked);
  // Empty: the signature is good. Else the refusal, as the service's exception without its "Exception".
  struct Verdict {
    std::string code;
    std::string message;
    std::string access_key;
  };
  [[nodiscard]] Verdict check(const Asked& asked, const std::string& service);

  const ports::Clock& clock_;
  std::unique_ptr<HandlerServer> server_;
};

// The signature that belongs to a request, by AWS' description of Signature Version 4: for checking others' work.
[[nodiscard]] std::string expected_signature(const Asked& asked, const std::string& signed_headers,
                                             const std::string& scope, const std::string& secret_key,
                                             std::string* canonical = nullptr);

}  // namespace teal::test
