#include "daemon/runtime/peer_certificate.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <string_view>

#include "manifests/foundation/text.hpp"

namespace teal::runtime {
namespace {

constexpr std::size_t most_organizations = 64;
constexpr std::size_t longest_value = 256;  // bytes; X.520 allows 64 characters

Error refused(std::string_view what, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("the {} of its subject {}", what, why)};
}

// What is not seen as what it is, in a log or on a terminal, could be taken for somebody else's name.
bool is_one_visible_line(std::string_view text) {
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character.valid || must_be_shown_as_code(character.point)) return false;
  }
  return true;
}

Result<std::string> text_of(X509_NAME_ENTRY* entry, std::string_view what) {
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry));
  if (length < 0) return refused(what, "is not text");
  const auto free_bytes = [](unsigned char* owned) { OPENSSL_free(owned); };
  const std::unique_ptr<unsigned char, decltype(free_bytes)> owner{bytes, free_bytes};
  std::string text{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
  if (text.empty()) return refused(what, "is empty");
  if (text.size() > longest_value) return refused(what, "is too long");
  if (!is_one_visible_line(text)) return refused(what, "holds control or invisible characters");
  return text;
}

Result<std::vector<std::string>> values_of(X509_NAME* subject, int kind, std::string_view what, std::size_t most) {
  std::vector<std::string> values;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, kind, at)) >= 0;) {
    if (values.size() == most) return refused(what, "is given too often");
    auto text = text_of(X509_NAME_get_entry(subject, at), what);
    if (!text) return text.error();
    values.push_back(std::move(*text));
  }
  return values;
}

}  // namespace

Result<PeerCertificate> read_peer_certificate(X509* certificate) {
  auto* subject = X509_get_subject_name(certificate);
  PeerCertificate read;
  auto names = values_of(subject, NID_commonName, "common name (CN)", 1);
  if (!names) return names.error();
  if (names->empty()) return refused("common name (CN)", "is missing");
  auto organizations = values_of(subject, NID_organizationName, "organization (O)", most_organizations);
  if (!organizations) return organizations.error();
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return refused("end", "cannot be read");
  read.common_name = std::move(names->front());
  read.organizations = std::move(*organizations);
  read.expires = Time{std::chrono::seconds{::timegm(&end)}};
  return read;
}

}  // namespace teal::runtime
