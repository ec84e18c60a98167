// Which subjects of certificates are taken as somebody's name, and which could be mistaken for another's.
#include "daemon/runtime/peer_certificate.hpp"
#include "manifests/foundation/parse_time.hpp"

#include <gmock/gmock.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace teal::test {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Entries = std::vector<std::pair<int, std::string_view>>;

Result<runtime::PeerCertificate> read(const Entries& entries, int type = V_ASN1_UTF8STRING) {
  const auto free_certificate = [](X509* owned) { X509_free(owned); };
  const std::unique_ptr<X509, decltype(free_certificate)> certificate{X509_new(), free_certificate};
  auto* subject = X509_get_subject_name(certificate.get());
  for (const auto& [kind, value] : entries) {
    // As it is: no check of the bytes, as a hostile authority would do.
    EXPECT_EQ(X509_NAME_add_entry_by_NID(subject, kind, type, reinterpret_cast<const unsigned char*>(value.data()),
                                         static_cast<int>(value.size()), -1, 0),
              1);
  }
  EXPECT_EQ(ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "20300102030405Z"), 1);
  return runtime::read_peer_certificate(certificate.get());
}

TEST(PeerCertificate, IsItsCommonNameAndItsOrganizationsInTheirOrder) {
  const auto read_one = read({{NID_organizationName, "teal:operator"},
                              {NID_commonName, "Zoë Müller"},
                              {NID_organizationName, "learning"},
                              {NID_organizationalUnitName, "teal:admin"}});
  ASSERT_TRUE(read_one) << read_one.error().message;
  EXPECT_EQ(read_one->common_name, "Zoë Müller");
  EXPECT_THAT(read_one->organizations, ElementsAre("teal:operator", "learning"));
  EXPECT_EQ(read_one->expires, parse_time("2030-01-02T03:04:05Z").value());
  EXPECT_THAT(read({{NID_commonName, "a"}})->organizations, IsEmpty());
}

TEST(PeerCertificate, ReadsOtherEncodingsAsTheSameText) {
  EXPECT_EQ(read({{NID_commonName, "\0a\0\xFC"sv}}, V_ASN1_BMPSTRING)->common_name, "aü");
  EXPECT_EQ(read({{NID_commonName, "plain"}}, V_ASN1_PRINTABLESTRING)->common_name, "plain");
}

TEST(PeerCertificate, NamesOnePersonOrIsRefused) {
  EXPECT_THAT(read({{NID_organizationName, "teal:admin"}}).error().message, HasSubstr("is missing"));
  EXPECT_THAT(read({{NID_commonName, "a"}, {NID_commonName, "b"}}).error().message, HasSubstr("too often"));
  EXPECT_THAT(read({{NID_commonName, ""}}).error().message, HasSubstr("is empty"));
  EXPECT_FALSE(read({{NID_commonName, std::string_view{std::string(300, 'a')}}}));
  EXPECT_FALSE(read({{NID_commonName, "a"}, {NID_organizationName, ""}}));
  Entries many{{NID_commonName, "a"}};
  for (int i = 0; i < 65; ++i) many.emplace_back(NID_organizationName, "o");
  EXPECT_THAT(read(many).error().message, HasSubstr("organization"));
}

TEST(PeerCertificate, HoldsNothingThatCannotBeSeen) {
  for (const auto value : {"admin\0.example"sv, "a\nb"sv, "a\tb"sv, "\x1b[2J"sv, "a\x7f"sv, "a\xC2\x85"sv,
                           "a\xE2\x80\xAE"sv /* right to left */, "a\xE2\x80\x8B"sv /* no width */, "a\xFF"sv,
                           "a\xC0\x80"sv /* a long NUL */, "a\xED\xA0\x80"sv /* a surrogate */}) {
    EXPECT_FALSE(read({{NID_commonName, value}})) << value;
    EXPECT_FALSE(read({{NID_commonName, "a"}, {NID_organizationName, value}})) << value;
  }
}

}  // namespace
}  // namespace teal::test
