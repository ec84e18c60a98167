// Certificates that a managed HAProxy is told of: what it refuses keeps no other one back.
#include "daemon/drivers/load_balancers/haproxy/managed/edge_certificates.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/await.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class EdgeCertificates : public testing::Test {
 protected:
  EdgeCertificates() {
    made_.make_authority("ca");
    std::filesystem::create_directories(served());
    std::filesystem::create_directories(place().directory);
    runtime_.answer([this](const std::string& line) { return answer_to(line); });
  }

  [[nodiscard]] std::string served() const { return made_.folder() + "/served"; }
  [[nodiscard]] haproxy::EdgePlace place() const {
    haproxy::EdgePlace place;
    place.listen = {{"*", 443, true}};
    place.directory = made_.folder() + "/edge";
    return place;
  }
  std::string put(const std::string& name) {
    made_.sign(name, "ca", "/CN=" + name + ".example", "subjectAltName=DNS:" + name + ".example");
    auto text = Certificates::text(made_.pem(name)) + Certificates::text(made_.key(name));
    std::ofstream{served() + "/" + name + ".pem"} << text;
    return text;
  }
  std::vector<std::string> take_over() {
    EXPECT_TRUE(certificates_.read());
    const auto told = await(loop_, certificates_.tell(process_, "1"));
    EXPECT_TRUE(told) << told.error().message;
    return certificates_.take_news();
  }
  [[nodiscard]] std::string copy(const std::string& name) const {
    return place().directory + "/certificates/" + name + ".pem";
  }
  [[nodiscard]] std::string listed() const { return Certificates::text(place().directory + "/certificates.list"); }

  std::string answer_to(const std::string& line) {
    if (line.starts_with("commit ") && line.find(refused_) != std::string::npos && !refused_.empty())
      return "unable to load it: too weak for its taste\nFailed!\n\n";
    if (line.starts_with("commit ")) return "Committing\nSuccess!\n\n";
    if (line.starts_with("set ssl cert ")) return "Transaction created for certificate\n\n";
    if (line.starts_with("add ssl crt-list ")) return "Inserting certificate\nSuccess!\n\n";
    return "\n";
  }

  Certificates made_;
  boost::asio::io_context loop_;
  ScriptedRuntime runtime_{loop_};
  std::string refused_;
  haproxy::EdgeProcess process_{runtime_.path(), "", nullptr};
  haproxy::EdgeCertificates certificates_{place(), served()};
};

TEST_F(EdgeCertificates, WhatHaproxyRefusesIsToldByNameAndTheOthersAreServed) {
  for (const auto* name : {"a", "b", "c"}) put(name);
  refused_ = "/b.pem";
  EXPECT_THAT(take_over(),
              ElementsAre(HasSubstr("/served/b.pem is not served: HAProxy refuses it: unable to load it")));
  EXPECT_THAT(runtime_.lines(), Contains("commit ssl cert " + copy("c")));
  EXPECT_THAT(runtime_.lines(), Contains("abort ssl cert " + copy("b")));
  EXPECT_EQ(listed(), copy("a") + "\n" + copy("c") + "\n") << "a reload would not load it either";
  EXPECT_TRUE(certificates_.are_told("1"));
  EXPECT_THAT(take_over(), IsEmpty()) << "told once, and not tried again";
  refused_.clear();
  put("b");
  EXPECT_THAT(take_over(), IsEmpty());
  EXPECT_THAT(listed(), HasSubstr(copy("b")));
}

TEST_F(EdgeCertificates, TheOneBeforeIsServedOnWhereHaproxyRefusesItsSuccessor) {
  const auto first = put("a");
  EXPECT_THAT(take_over(), IsEmpty());
  refused_ = "/a.pem";
  put("a");
  EXPECT_THAT(take_over(), ElementsAre(HasSubstr("HAProxy refuses it")));
  for (const auto* name : {"a"}) EXPECT_THAT(listed(), HasSubstr(copy(name)));
  EXPECT_EQ(certificates_.expiries().size(), 1U);
  EXPECT_THAT(Certificates::text(copy("a")), HasSubstr(first.substr(100, 200)));
}

TEST_F(EdgeCertificates, EachOfSeveralBadFilesIsToldByName) {
  std::ofstream{served() + "/one.pem"} << "no certificate\n";
  std::ofstream{served() + "/two.pem"} << "none either\n";
  put("good");
  EXPECT_THAT(take_over(), ElementsAre(HasSubstr("/one.pem is not served"), HasSubstr("/two.pem is not served")));
  EXPECT_EQ(listed(), copy("good") + "\n");
}

TEST_F(EdgeCertificates, OneThatIsLongerThanACommandMayBeIsLeftOut) {
  auto text = put("long");
  const auto authority = Certificates::text(made_.pem("ca"));
  while (text.size() < (20U << 10U)) text += authority;
  std::ofstream{served() + "/long.pem"} << text;
  EXPECT_THAT(take_over(), ElementsAre(HasSubstr("HAProxy takes 15360 over at run time")));
  EXPECT_THAT(listed(), Not(HasSubstr("long.pem")));
}

}  // namespace
}  // namespace teal::test
