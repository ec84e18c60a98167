#include "daemon/drivers/databases/postgres/server_identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teal::postgres {
namespace {

using testing::HasSubstr;

spec::DatabaseTarget at(const std::string& host, spec::SslMode mode) {
  spec::DatabaseTarget target;
  target.host = host;
  target.ssl_mode = mode;
  return target;
}

TEST(ServerIdentity, IsNoQuestionOnThisMachine) {
  for (const std::string host : {"127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "LocalHost", "db.localhost",
                                 "/run/postgresql", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(weak_identity(at(host, spec::SslMode::Prefer))) << host;
    EXPECT_FALSE(weak_identity(at(host, spec::SslMode::Disable))) << host;
  }
}

TEST(ServerIdentity, IsAFindingForEveryOtherHostBelowVerifyFull) {
  for (const std::string host : {"db.example", "10.0.0.7", "2001:db8::1", "localhost.example", "127.0.0.1.example",
                                 "0.0.0.0", "::ffff:10.0.0.7", "notlocalhost"}) {
    for (const auto mode :
         {spec::SslMode::Disable, spec::SslMode::Prefer, spec::SslMode::Require, spec::SslMode::VerifyCA}) {
      const auto finding = weak_identity(at(host, mode));
      ASSERT_TRUE(finding) << host;
      EXPECT_EQ(finding->type, "DatabaseTls");
      EXPECT_EQ(finding->reason, spec::Reason::ServerNotVerified);
      EXPECT_FALSE(finding->blocks);
      EXPECT_THAT(finding->message,
                  testing::AllOf(HasSubstr(host), HasSubstr("set sslMode: verify-full"), HasSubstr("sslRootCert")));
    }
    EXPECT_FALSE(weak_identity(at(host, spec::SslMode::VerifyFull))) << host;
  }
}

}  // namespace
}  // namespace teal::postgres
