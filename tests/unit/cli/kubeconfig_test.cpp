// teal kubeconfig: what kubectl gets to read.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "manifests/foundation/digest.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Kubeconfig, HoldsServerAuthorityAndToken) {
  test::Certificates made;
  made.make_authority("ca");
  const auto got = run_teal(
      {"kubeconfig", "--name", "prod", "--server", "https://teald.example:7443", "--ca", made.pem("ca"), "-o", "json"},
      "", {"TEAL_TOKEN=teal_x"});
  ASSERT_EQ(got.status, 0) << got.err;
  const auto document = boost::json::parse(got.out);
  EXPECT_EQ(document.at("apiVersion"), "v1");
  EXPECT_EQ(document.at("kind"), "Config");
  EXPECT_EQ(document.at("current-context"), "prod");
  const auto& cluster = document.at("clusters").at(0);
  EXPECT_EQ(cluster.at("name"), "prod");
  EXPECT_EQ(cluster.at("cluster").at("server"), "https://teald.example:7443");
  EXPECT_EQ(decode_base64(std::string{cluster.at("cluster").at("certificate-authority-data").as_string()}),
            test::Certificates::text(made.pem("ca")));
  EXPECT_EQ(document.at("users").at(0).at("user"), boost::json::parse(R"({"token": "teal_x"})"));
  EXPECT_EQ(document.at("contexts").at(0).at("context"), boost::json::parse(R"({"cluster": "prod", "user": "prod"})"));
}

TEST(Kubeconfig, HoldsACertificateInsteadOfAToken) {
  test::Certificates made;
  made.make_authority("ca");
  made.sign("ann", "ca", "/CN=ann");
  const auto got = run_teal({"kubeconfig", "--server", "https://teald.example", "--certificate", made.pem("ann"),
                             "--key", made.key("ann"), "-o", "json"});
  ASSERT_EQ(got.status, 0) << got.err;
  const auto document = boost::json::parse(got.out);
  const auto& user = document.at("users").at(0).at("user");
  EXPECT_EQ(decode_base64(std::string{user.at("client-key-data").as_string()}),
            test::Certificates::text(made.key("ann")));
  EXPECT_EQ(decode_base64(std::string{user.at("client-certificate-data").as_string()}),
            test::Certificates::text(made.pem("ann")));
  EXPECT_FALSE(user.as_object().contains("token"));
}

TEST(Kubeconfig, IsYamlUnlessAskedOtherwiseAndSaysWhenItProvesNothing) {
  const auto got = run_teal({"kubeconfig", "--server", "http://127.0.0.1:7080"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(got.out, AllOf(StartsWith("apiVersion: v1\nkind: Config\n"), HasSubstr("current-context: teal\n")));
  EXPECT_THAT(got.err, HasSubstr("neither a token nor a certificate"));
}

TEST(Kubeconfig, IsRefusedForWhatKubectlCannotUse) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"--server", "unix:///run/teal/teal.sock"},
                                                                     {"--server", "ftp://x"},
                                                                     {"--server", "https://x", "--name", "a b"},
                                                                     {"--server", "https://x", "--ca", "/none"},
                                                                     {"--server", "http://x"}}) {
    auto words = arguments;
    words.insert(words.begin(), "kubeconfig");
    const auto got = run_teal(words, "", {"TEAL_TOKEN=teal_x"});
    EXPECT_EQ(got.status, 2) << testing::PrintToString(arguments) << got.err;
    EXPECT_THAT(got.out, IsEmpty());
  }
  EXPECT_THAT(run_teal({"kubeconfig"}).err, HasSubstr("Unix socket"));
}

}  // namespace
}  // namespace teal::cli
