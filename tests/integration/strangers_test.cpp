// Labels of Teal's on things that are not Teal's: images that bring some along, copies of containers, renamed ones.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

class Strangers : public Stage {
 protected:
  [[nodiscard]] std::string label(const std::string& container, const std::string& key) {
    return lines_of(docker({"inspect", "-f", "[{{index .Config.Labels \"" + key + "\"}}]", container})).at(0);
  }
  [[nodiscard]] bool runs(const std::string& name) {
    return std::ranges::any_of(running_containers(), [&](const auto& one) { return one.starts_with(name + " "); });
  }
};

// As `docker commit` of one of ours makes them, and as somebody makes them who means harm.
TEST_F(Strangers, AnImageWithLabelsOfOursMigratesAndServesLikeAnyOther) {
  static_cast<void>(docker({"create", "--name", "sample", "sample:1"}));
  static_cast<void>(
      docker({"commit", "-c",
              "LABEL teal.component=worker teal.job=other teal.role=serve teal.owner=nobody teal.application=other "
              "teal.revision=99 teal.index=7 teal.invented=x",
              "sample", "labelled:1"}));
  static_cast<void>(docker({"rm", "sample"}));
  Shop shop;
  shop.image = "labelled";
  ASSERT_TRUE(install(shop));
  EXPECT_THAT(migrations(), SizeIs(1));
  EXPECT_EQ(label("teal-shop-api-r1-0", "teal.component"), "[api]");
  EXPECT_EQ(label("teal-shop-api-r1-0", "teal.revision"), "[1]");
  EXPECT_EQ(label("teal-shop-api-r1-0", "teal.job"), "[]");
  EXPECT_EQ(label("teal-shop-api-r1-0", "teal.invented"), "[]");
  EXPECT_THAT(told("StrangeContainer"), SizeIs(0));
}

TEST_F(Strangers, ACopyAndARenamedReplicaAreToldOfOnceAndLeftAlone) {
  Shop shop;
  ASSERT_TRUE(install(shop));
  // While teald is away: dockerd 20.10 deadlocks for good when a container starts on a network in which another is just
  // being renamed, as its replacement would (sandbox.Rename takes libnetwork's locks in another order).
  teald().kill();
  static_cast<void>(docker({"commit", "teal-shop-api-r1-0", "copied:1"}));
  static_cast<void>(docker({"run", "-d", "--name", "copy", "copied:1"}));
  static_cast<void>(docker({"rename", "teal-shop-worker-r1-0", "renamed"}));
  teald().start();
  ASSERT_TRUE(eventually("both are told of, and the worker is replaced", 20s,
                         [&] { return told("StrangeContainer").size() == 2 && runs("teal-shop-worker-r1-0"); }));
  EXPECT_THAT(told("StrangeContainer"), Contains(HasSubstr("container copy has the labels of this application")));
  EXPECT_THAT(told("StrangeContainer"),
              Contains(HasSubstr("container renamed has the labels of this application but is not called "
                                 "teal-shop-worker-r1-0")));
  shop.version = "2";
  save(shop);
  ASSERT_TRUE(complete(2));
  EXPECT_THAT(told("StrangeContainer"), SizeIs(2)) << "once each";
  EXPECT_TRUE(runs("copy"));
  EXPECT_TRUE(runs("renamed"));
  for (const auto& server : haproxy_servers()) EXPECT_THAT(server, testing::StartsWith("teal-shop-api-r2-"));
}

}  // namespace
}  // namespace teal::test
