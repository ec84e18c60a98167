#include "tests/support/aws_double.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <boost/url/params_view.hpp>
#include <cmath>
#include <ctime>

namespace teal::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string in_format(Time time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string part(const std::string& text, const std::string& begin) {
  const auto from = text.find(begin);
  if (from == std::string::npos) return "";
  const auto end = text.find(',', from);
  return text.substr(from + begin.size(), end == std::string::npos ? end : end - from - begin.size());
}

std::string base64(const std::string& bytes) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::size_t i = 0;
  for (; i + 2 < bytes.size(); i += 3) {
    const unsigned v = static_cast<unsigned char>(bytes[i]) << 16 | static_cast<unsigned char>(bytes[i + 1]) << 8 |
                       static_cast<unsigned char>(bytes[i + 2]);
    text += {digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], digits[v & 63]};
  }
  if (i + 1 == bytes.size()) {
    const unsigned v = static_cast<unsigned char>(bytes[i]) << 16;
    text += {digits[v >> 18], digits[v >> 12 & 63], '=', '='};
  } else if (i + 2 == bytes.size()) {
    const unsigned v = static_cast<unsigned char>(bytes[i]) << 16 | static_cast<unsigned char>(bytes[i + 1]) << 8;
    text += {digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], '='};
  }
  return text;
}

std::map<std::string, std::string> form_of(const std::string& body) {
  std::map<std::string, std::string> fields;
  for (const auto field : boost::urls::params_view{body}) fields[field.key] = field.value;
  return fields;
}

Said json_answer(int status, const json::value& body) {
  return {status, {{"Content-Type", "application/x-amz-json-1.1"}}, json::serialize(body), false};
}

}  // namespace

AwsDouble::AwsDouble(boost::asio::io_context& loop, const ports::Clock& clock)
    : clock_(clock),
      server_(std::make_unique<HandlerServer>(loop, [this](Asked asked) { return answer(std::move(asked)); })) {}

boost::asio::awaitable<Said> AwsDouble::answer(Asked asked) {
  if (asked.header("host") != fmt::format("127.0.0.1:{}", server_->port()))
    complaints.push_back("Host: " + asked.header("host"));
  Said said;
  if (asked.target == "/" && asked.headers.contains("x-amz-target")) {
    said = ecr(asked);
  } else if (asked.target == "/") {
    said = sts(asked);
  } else {
    said = metadata(asked);
  }
  said.headers["Date"] = in_format(clock_.now() + clock_offset, "%a, %d %b %Y %H:%M:%S GMT");
  co_return said;
}

AwsDouble::Verdict AwsDouble::check(const Asked& asked, const std::string& service) {
  const auto authorization = asked.header("authorization");
  const auto refuse = [&](std::string code, std::string message) {
    return Verdict{std::move(code), std::move(message), ""};
  };
  if (!authorization.starts_with("AWS4-HMAC-SHA256 Credential="))
    return refuse("MissingAuthenticationToken", "no signature");
  const auto credential = part(authorization, "Credential=");
  const auto slash = credential.find('/');
  const auto access_key = credential.substr(0, slash);
  const auto scope = credential.substr(slash + 1);
  const auto signed_headers = part(authorization, "SignedHeaders=");
  for (const auto& [name, value] : asked.headers) {
    const bool must = name == "host" || name == "content-type" || name.starts_with("x-amz-");
    if (must && (";" + signed_headers + ";").find(";" + name + ";") == std::string::npos) {
      return refuse("IncompleteSignature", name + " is not signed");
    }
  }
  const auto date = asked.header("x-amz-date");
  const auto day = date.substr(0, 8);
  if (scope != fmt::format("{}/{}/{}/aws4_request", day, region, service)) {
    return refuse("InvalidSignature", fmt::format("Credential should be scoped to a valid region, not '{}'. ",
                                                  scope.substr(9, scope.find('/', 9) - 9)));
  }
  const auto now = clock_.now() + clock_offset;
  if (date < in_format(now - 5min, "%Y%m%dT%H%M%SZ")) {
    return refuse("InvalidSignature",
                  fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)", date,
                              in_format(now - 5min, "%Y%m%dT%H%M%SZ"), in_format(now, "%Y%m%dT%H%M%SZ")));
  }
  if (date > in_format(now + 5min, "%Y%m%dT%H%M%SZ")) {
    return refuse("InvalidSignature", "Signature not yet current: " + date);
  }
  const auto found = accounts.find(access_key);
  if (found == accounts.end() || found->second.session_token != asked.header("x-amz-security-token")) {
    return refuse("UnrecognizedClient", "The security token included in the request is invalid.");
  }
  std::string canonical;
  const auto wanted = expected_signature(asked, signed_headers, scope, found->second.secret_key, &canonical);
  if (part(authorization, "Signature=") != wanted) {
    // As AWS does: it quotes what it has computed, the token included.
    return refuse(
        "InvalidSignature",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details. The Canonical String "
        "for this request should have been '" +
            canonical + "'");
  }
  return {"", "", access_key};
}

Said AwsDouble::ecr(const Asked& asked) {
  if (asked.method != "POST" || asked.header("content-type") != "application/x-amz-json-1.1" ||
      asked.header("x-amz-target") != "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken") {
    complaints.push_back("ecr: " + asked.method + " " + asked.header("x-amz-target"));
    return json_answer(400, {{"__type", "UnknownOperationException"}});
  }
  const auto verdict = check(asked, "ecr");
  if (!verdict.code.empty()) {
    complaints.push_back("ecr: " + verdict.code);
    return json_answer(400, {{"__type", verdict.code + "Exception"}, {"message", verdict.message}});
  }
  const auto& account = accounts.at(verdict.access_key);
  if (!account.may_log_in) {
    complaints.push_back("ecr: AccessDenied");
    return json_answer(400, {{"__type", "AccessDeniedException"},
                             {"Message", "User: " + verdict.access_key +
                                             " is not authorized to perform: "
                                             "ecr:GetAuthorizationToken on resource: *"}});
  }
  std::string registries;
  if (const auto body = json::parse(asked.body).as_object(); body.contains("registryIds")) {
    for (const auto& id : body.at("registryIds").as_array()) registries += " " + std::string{id.as_string()};
  }
  calls.push_back("ecr" + registries);
  if (!raw_ecr_answer.empty()) return {200, {}, raw_ecr_answer, false};
  const auto expires =
      std::chrono::duration<double>((clock_.now() + clock_offset + token_life).time_since_epoch()).count();
  return json_answer(200, {{"authorizationData",
                            {{{"authorizationToken", base64("AWS:" + registry_password)},
                              {"expiresAt", expires},
                              {"proxyEndpoint", url()}}}}});
}

Said AwsDouble::sts(const Asked& asked) {
  auto form = form_of(asked.body);
  const auto action = form["Action"];
  const auto refuse = [&](const std::string& code, const std::string& message) {
    complaints.push_back("sts: " + code);
    return Said{403,
                {},
                fmt::format("<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>", code,
                            message),
                false};
  };
  if (asked.method != "POST" || !asked.header("content-type").starts_with("application/x-www-form-urlencoded") ||
      form["Version"] != "2011-06-15" || form["RoleSessionName"].empty()) {
    return refuse("MalformedQueryString", asked.body);
  }
  if (action == "AssumeRoleWithWebIdentity") {
    if (asked.headers.contains("authorization")) complaints.push_back("sts: a signature where none belongs");
    if (form["WebIdentityToken"] != web_token)
      return refuse("InvalidIdentityToken", "Couldn't retrieve verification key for " + form["WebIdentityToken"]);
  } else if (action == "AssumeRole") {
    const auto verdict = check(asked, "sts");
    if (verdict.code == "UnrecognizedClient") return refuse("InvalidClientTokenId", verdict.message);
    if (!verdict.code.empty()) return refuse("SignatureDoesNotMatch", verdict.message);
    if (form["ExternalId"] != external_id) return refuse("AccessDenied", "wrong external id");
  } else {
    return refuse("InvalidAction", action);
  }
  if (!roles.contains(form["RoleArn"])) return refuse("AccessDenied", "not authorized to assume " + form["RoleArn"]);
  calls.push_back(fmt::format("sts {} {}", action, form["RoleArn"]));
  const auto name = form["RoleArn"].substr(form["RoleArn"].rfind('/') + 1);
  const auto key = "ASIA" + name;
  accounts[key] = {"secret-of-" + name, "session-of-" + name, true};
  const auto life = form["DurationSeconds"].empty() ? 3600 : std::stoi(form["DurationSeconds"]);
  return {
      200,
      {},
      fmt::format("<R><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}"
                  "</SessionToken><Expiration>{}</Expiration></Credentials></R>",
                  key, accounts[key].secret_key, accounts[key].session_token,
                  format_time(clock_.now() + std::chrono::seconds{life})),
      false};
}

Said AwsDouble::metadata(const Asked& asked) {
  if (asked.target.starts_with("/container")) {
    calls.push_back("container");
    if (asked.method != "GET" || asked.header("authorization") != container_authorization) {
      complaints.push_back("container: wrong Authorization");
      return {403, {}, "wrong token " + asked.header("authorization"), false};
    }
    return {200, {}, container_answer, false};
  }
  calls.push_back("imds " + asked.target);
  if (!has_instance) return {404, {}, "", false};
  if (asked.target == "/latest/api/token") {
    if (asked.method != "PUT" || asked.header("x-aws-ec2-metadata-token-ttl-seconds") != "21600") {
      complaints.push_back("imds: no IMDSv2 token request");
      return {400, {}, "", false};
    }
    return {200, {}, "imds-token-1", false};
  }
  if (asked.method != "GET" || asked.header("x-aws-ec2-metadata-token") != "imds-token-1") {
    complaints.push_back("imds: without its token");
    return {401, {}, "", false};
  }
  const std::string path = "/latest/meta-data/iam/security-credentials/";
  if (instance_role.empty()) return {404, {}, "", false};
  if (asked.target == path) return {200, {}, instance_role, false};
  if (asked.target == path + instance_role) return {200, {}, instance_answer, false};
  return {404, {}, "", false};
}

}  // namespace teal::test
