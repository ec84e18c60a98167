#include "daemon/drivers/load_balancers/haproxy/check_advice.hpp"

#include <fmt/format.h>

namespace teal::haproxy {
namespace {

constexpr std::string_view same_address =
    "it must go to the server's own address and port (no `port`, `addr` or `http-check connect port` of its own), and "
    "HAProxy must reach that address from where it runs";
constexpr std::string_view no_tls =
    "teald asks in plain HTTP, so there must be no `check-ssl` and no `http-check connect ssl`";

std::string_view remedy_of_code(std::string_view code) {
  if (code.starts_with('2')) return "`http-check expect` must accept the status, as `status 200-299` does";
  if (code.starts_with('3'))
    return "`http-check send` must ask the same `uri` with the same `hdr Host`, so that nothing redirects it";
  if (code == "401" || code == "403")
    return "`http-check send` must send the same headers (`hdr …`) and ask the same path";
  if (code == "400" || code == "421")
    return "`http-check send … hdr Host …` must send the Host that the application expects";
  if (code == "405" || code == "501") return "`http-check send` must ask with `meth GET`, and the same path";
  return "`http-check send uri` must ask the same path";
}

std::string in_brackets(std::string_view words) { return words.empty() ? "" : fmt::format(" ({})", words); }

}  // namespace

CheckAdvice advise(const FailedCheck& check) {
  auto status = check.status;
  if (status.starts_with("* ")) status.remove_prefix(2);  // a check is under way; this is the one before
  std::string what;
  std::string_view remedy;
  if (status == "L7STS") {
    what = fmt::format("gets {}", check.code);
    remedy = remedy_of_code(check.code);
  } else if (status == "L7RSP") {
    what = "gets an answer that it does not take for HTTP";
    remedy = "`option httpchk` must ask in plain HTTP for the same path, on the server's own port";
  } else if (status == "L7TOUT") {
    what = "gets no answer in time";
    remedy =
        "`http-check send uri` must ask the same path, and `timeout check` must give it the time of `health.timeout`";
  } else if (status == "L6RSP" || status == "L6TOUT") {
    what = fmt::format("fails in its TLS handshake{}", in_brackets(check.words));
    remedy = no_tls;
  } else if (status == "L4CON") {
    what = fmt::format("gets no connection{}", in_brackets(check.words));
    remedy = same_address;
  } else if (status == "L4TOUT") {
    what = "gets no connection in time";
    remedy = same_address;
  } else if (status == "SOCKERR" || status.starts_with("PROC")) {
    what = fmt::format("cannot be made{}", in_brackets(check.words));
    remedy = "HAProxy's own log says why";
  } else {
    return {};
  }
  return {fmt::format("HAProxy's check of backend {} {}", check.backend, what), std::string{remedy}};
}

}  // namespace teal::haproxy
