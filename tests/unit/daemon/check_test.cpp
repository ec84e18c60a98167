// `teald --check`: what will refuse people soon is said before it does, and is no error.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "daemon/app.hpp"
#include "tests/support/certificates.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Check : public testing::Test {
 protected:
  Check() {
    made_.make_authority("ca");
    made_.sign("server", "ca", "/CN=localhost");
    config_.manifests = made_.folder() + "/manifests";
    std::filesystem::create_directory(config_.manifests);
  }

  void use(const std::string& name) { config_.api.tls = {made_.pem(name), made_.key(name), std::nullopt}; }

  std::string check() {
    testing::internal::CaptureStdout();
    EXPECT_EQ(daemon::check_manifests(config_), 0);
    return testing::internal::GetCapturedStdout();
  }

  Certificates made_;
  config::DaemonConfig config_;
};

TEST_F(Check, WarnsOfACertificateThatHasEnded) {
  made_.sign_expired("old", "ca", "/CN=localhost");
  use("old");
  EXPECT_THAT(check(),
              AllOf(HasSubstr("warning: api.tls.certificate: " + made_.pem("old") + ": ended at 2020-01-02T00:00:00"),
                    HasSubstr("all well")));
}

TEST_F(Check, WarnsThirtyDaysBeforeACertificateEnds) {
  const auto renew = [&](const std::string& days) {
    made_.run("openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days " + days +
              " -out server.pem -extfile server.ext");
    use("server");
    return check();
  };
  EXPECT_THAT(renew("29"), AllOf(HasSubstr("warning: api.tls.certificate: " + made_.pem("server") + ": ends at"),
                                 HasSubstr("(in 28 days)")));
  EXPECT_THAT(renew("32"), Not(HasSubstr("warning")));
}

TEST_F(Check, WarnsOfGroupsThatThisMachineDoesNotHave) {
  config_.api.groups = {{"root", access::Role::Admin}, {"no-such-group", access::Role::Operator}};
  EXPECT_THAT(check(), AllOf(HasSubstr("warning: api.groups: there is no group no-such-group on this machine"),
                             HasSubstr("operator"), Not(HasSubstr("group root"))));
}

TEST_F(Check, RefusesRoutesAndLoadBalancersThatTealdYamlDoesNotHave) {
  config_.load_balancers.push_back({"edge", {}, 5});
  const auto save = [&](const std::string& name, const std::string& use) {
    std::ofstream{config_.manifests + "/" + name + ".yaml"}
        << "apiVersion: teal/v1\nkind: Application\nmetadata: {name: " << name
        << "}\nspec:\n  version: \"1\"\n  image: shop\n  components: [{name: api, port: 80, loadBalancer: " << use
        << "}]\n";
  };
  save("blog", "{name: edge, routes: [{host: blog.example}]}");
  save("shop", "{name: front}");
  testing::internal::CaptureStdout();
  EXPECT_EQ(daemon::check_manifests(config_), 2);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("blog.yaml:7:"), HasSubstr("spec.components[0].loadBalancer.routes: "),
                    HasSubstr("shop.yaml:7:"), HasSubstr("spec.components[0].loadBalancer.name: ")));
}

TEST_F(Check, RefusesTwoApplicationsThatNameTheSameBackend) {
  config_.load_balancers.push_back({"edge", {}, 5});
  for (const std::string name : {"blog", "shop"}) {
    std::ofstream{config_.manifests + "/" + name + ".yaml"}
        << "apiVersion: teal/v1\nkind: Application\nmetadata: {name: " << name
        << "}\nspec:\n  version: \"1\"\n  image: shop\n  components: [{name: api, port: 80, loadBalancer: "
           "{name: edge, backend: main}}]\n";
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(daemon::check_manifests(config_), 2);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("blog.yaml: application blog version 1: ok"),
                    HasSubstr("shop.yaml: edge/main belongs to application blog")));
}

}  // namespace
}  // namespace teal::test
