#include "daemon/runtime/certificate_bundle.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>

#include <algorithm>
#include <ctime>

#include "daemon/runtime/openssl_objects.hpp"

namespace teal::runtime {
namespace {

std::string pem_blocks(std::string_view pem) {
  std::string text;
  bool inside = false;
  while (!pem.empty()) {
    auto line = pem.substr(0, pem.find('\n'));
    pem.remove_prefix(std::min(pem.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    inside = inside || line.starts_with("-----BEGIN ");
    if (inside && !line.empty()) text.append(line).append("\n");
    if (line.starts_with("-----END ")) inside = false;
  }
  return text;
}

void add_host(std::vector<std::string>& hosts, const ASN1_STRING* name) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name));
  std::string host{data, static_cast<std::size_t>(ASN1_STRING_length(name))};
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool fits = !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '*' || c == '_';
  });
  if (fits && std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(std::move(host));
}

std::vector<std::string> hosts_of(const X509* certificate) {
  std::vector<std::string> hosts;
  const OwnedNames names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) add_host(hosts, name->d.dNSName);
  }
  if (names) return hosts;
  auto* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) add_host(hosts, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return hosts;
}

Error bad_bundle(std::string_view why) {
  ERR_clear_error();
  return {ErrorCode::invalid, std::string{why}};
}

// Whether the system's rules for TLS allow them: a key that is too short, a digest that is too weak. `rest`: what
// follows the certificate.
bool is_allowed(X509* certificate, EVP_PKEY* key, BIO* rest) {
  ERR_clear_error();
  const OwnedTlsContext context{SSL_CTX_new(TLS_server_method())};
  if (!context || SSL_CTX_use_certificate(context.get(), certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key) != 1)
    return false;
  for (;;) {
    const OwnedCertificate issuer{PEM_read_bio_X509(rest, nullptr, no_passphrase, nullptr)};
    ERR_clear_error();
    if (!issuer) return true;
    if (SSL_CTX_add1_chain_cert(context.get(), issuer.get()) != 1) return false;
  }
}

}  // namespace

Result<CertificateBundle> read_bundle(std::string_view pem) {
  CertificateBundle bundle;
  bundle.text = pem_blocks(pem);
  const auto certificates = open_text(bundle.text);
  const OwnedCertificate certificate{PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr)};
  if (!certificate) return bad_bundle("it holds no certificate (-----BEGIN CERTIFICATE-----)");
  const auto keys = open_text(bundle.text);
  const OwnedKey key{PEM_read_bio_PrivateKey(keys.get(), nullptr, no_passphrase, nullptr)};
  if (!key) return bad_bundle("it holds no key without a passphrase: append the key to the certificate and its chain");
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    return bad_bundle("its key is another one's: the first certificate must be the one of the key");
  if (!is_allowed(certificate.get(), key.get(), certificates.get())) {
    const auto* why = ERR_reason_error_string(ERR_peek_last_error());
    return bad_bundle(fmt::format("this system does not allow it for TLS ({}): have it issued anew with a stronger key",
                                  why == nullptr ? "no reason given" : why));
  }
  std::tm ends{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &ends) != 1)
    return bad_bundle("it does not say when it ends");
  bundle.expires = Time{std::chrono::seconds{::timegm(&ends)}};
  bundle.hosts = hosts_of(certificate.get());
  ERR_clear_error();
  return bundle;
}

}  // namespace teal::runtime
