#include "daemon/drivers/databases/postgres/server_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "manifests/spec/names.hpp"

namespace teal::postgres {

bool is_on_this_machine(const std::string& host) {
  if (host.starts_with('/') || host.starts_with('@')) return true;  // a Unix socket
  auto name = host;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(name, no_address);
  if (!no_address && address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  if (!no_address) return address.is_loopback();
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name == "localhost" || name.ends_with(".localhost");
}

std::optional<objects::Finding> weak_identity(const spec::DatabaseTarget& target) {
  if (target.ssl_mode == spec::SslMode::VerifyFull || is_on_this_machine(target.host)) return std::nullopt;
  return objects::Finding{
      "DatabaseTls", spec::Reason::ServerNotVerified,
      fmt::format("sslMode {} does not make sure that it is {} who answers, and this is another machine: set sslMode: "
                  "verify-full, and sslRootCert to the certificate of the authority that signed the server's",
                  name_of(target.ssl_mode), target.host),
      false, false};
}

}  // namespace teal::postgres
