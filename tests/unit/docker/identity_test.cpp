#include "daemon/drivers/engines/docker/identity.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace teal::docker {
namespace {

namespace json = boost::json;

json::value inspected(const std::string& name, const std::string& labels) {
  return json::parse(fmt::format(R"({{"Id":"abc","Name":"{}","Config":{{"Labels":{{{}}}}}}})", name, labels));
}

const std::string common = R"("teal.owner":"o","teal.application":"shop","teal.revision":"7","teal.index":"1")";

// An image that once was a container of ours, or wants to look like one.
TEST(DockerIdentity, TheRoleSaysWhetherTheComponentOrTheJobCounts) {
  world::Container container;
  ASSERT_TRUE(read_identity(inspected("/teal-shop-default-r7-1", common + R"(,"teal.role":"migrate",
    "teal.job":"default","teal.component":"api")"),
                            container));
  EXPECT_EQ(container.role, world::Role::Migrate);
  EXPECT_EQ(container.unit, "default");
  EXPECT_EQ(container.name, "teal-shop-default-r7-1");
  ASSERT_TRUE(read_identity(inspected("/teal-shop-api-r7-1", common + R"(,"teal.role":"serve",
    "teal.job":"default","teal.component":"api")"),
                            container));
  EXPECT_EQ(container.role, world::Role::Serve);
  EXPECT_EQ(container.unit, "api");
}

TEST(DockerIdentity, LabelsWithoutTheNameThatTheySayAreAStrangers) {
  const auto labels = common + R"(,"teal.role":"serve","teal.component":"api")";
  for (const auto* name : {"/copied", "/teal-shop-api-r7-2", "/teal-shop-api-r7-01", "/teal-shop-api-r8-1", "",
                           "//teal-shop-api-r7-1", "/teal-shop-api-r7-1-old", "/teal-shop-worker-r7-1"}) {
    world::Container container;
    const auto value = inspected(name, labels);
    EXPECT_FALSE(read_identity(value, container)) << name;
    EXPECT_EQ(container, world::Container{}) << name;
    EXPECT_EQ(expected_name(value), "teal-shop-api-r7-1") << name;
  }
}

TEST(DockerIdentity, LabelsThatSayNoNameAreAStrangers) {
  for (const auto* rest :
       {R"(,"teal.role":"serve","teal.component":"")", R"(,"teal.role":"migrate","teal.component":"api")",
        R"(,"teal.role":"","teal.component":"api")", R"(,"teal.component":"api")"}) {
    world::Container container;
    const auto value = inspected("/teal-shop-api-r7-1", common + rest);
    EXPECT_FALSE(read_identity(value, container)) << rest;
    EXPECT_FALSE(expected_name(value)) << rest;
  }
}

TEST(DockerIdentity, ReadsTheLabelsOfAnImage) {
  EXPECT_EQ(label_keys(json::parse(R"({"Config":{"Labels":{"teal.job":"x","a":"b"}}})")),
            (std::vector<std::string>{"teal.job", "a"}));
  for (const auto* none : {"{}", R"({"Config":null})", R"({"Config":{"Labels":null}})", "[]"}) {
    EXPECT_TRUE(label_keys(json::parse(none)).empty()) << none;
  }
}

}  // namespace
}  // namespace teal::docker
