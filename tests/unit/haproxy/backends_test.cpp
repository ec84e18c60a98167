// What is wrong with a backend is known before any server is added to it.
#include "daemon/drivers/load_balancers/haproxy/backends.hpp"

#include <gmock/gmock.h>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "tests/support/await.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(HaproxyBackends, AMissingOneIsSaidWithThoseThatThereAre) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  runtime.answer([](const std::string& line) -> std::string {
    if (line == "show backend") return "# name\nshop_api\nshop_web\n\n";
    return "Can't find backend.\n\nNo such proxy.\n\n";
  });
  const auto balancer = haproxy::make_haproxy({runtime.path(), nullptr});
  const auto seen = await(loop, balancer->servers("shop_apo"));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, ErrorCode::not_found);
  EXPECT_EQ(seen.error().message,
            "backend shop_apo: HAProxy has no such backend; it has shop_api, shop_web; did you mean shop_api?");
}

TEST(HaproxyBackends, TheListIsBoundedAndAnythingElseSaysNothing) {
  EXPECT_EQ(haproxy::existing_backends("# name\n\n", "shop"), "; it has none");
  EXPECT_EQ(haproxy::existing_backends("Permission denied\n\n", "shop"), "");
  EXPECT_EQ(haproxy::existing_backends("", "shop"), "");
  std::string many = "# name\n";
  for (int i = 100; i < 200; ++i) many += "pool_" + std::to_string(i) + "\n";
  EXPECT_THAT(haproxy::existing_backends(many, "shop"), testing::EndsWith("pool_119, …"));
  EXPECT_THAT(haproxy::existing_backends(many + "shopp\n", "shop"), testing::EndsWith("; did you mean shopp?"));
}

TEST(HaproxyBackends, ASocketThatMayOnlyReadAndAStaticAlgorithmAreInTheWay) {
  const std::string header = "admin\n\n# pxname,svname,scur,algo,cookie,\n";
  EXPECT_THAT(haproxy::obstacles_in(header + "shop,BACKEND,0,roundrobin,,\n\n", "shop"), IsEmpty());
  for (const std::string level : {"operator", "user"}) {
    EXPECT_THAT(haproxy::obstacles_in(level + "\n\n", "shop"),
                ElementsAre(testing::AllOf(HasSubstr("has the level " + level), HasSubstr("level admin"))));
  }
  const std::string fixed = header + "shop,BACKEND,0,static-rr,,\nother,BACKEND,0,roundrobin,,\n\n";
  EXPECT_THAT(haproxy::obstacles_in(fixed, "shop"), ElementsAre(HasSubstr("balance static-rr")));
  EXPECT_THAT(haproxy::obstacles_in(fixed, "other"), IsEmpty());
  EXPECT_THAT(haproxy::obstacles_in("\n", "shop"), IsEmpty());
}

TEST(HaproxyBackends, OptionsOfConfiguredServersThatAddedOnesDoNotGetAreRemarked) {
  const std::string header = "# pxname,svname,scur,slim,qlimit,algo,agent_status,cookie,\n";
  EXPECT_THAT(haproxy::remarks_in(header + "shop,web1,0,50,20,,L7OK,,\nshop,web2,0,50,20,,L7OK,,\n"
                                           "shop,BACKEND,0,200,,roundrobin,,,\n\n",
                                  "shop"),
              ElementsAre(testing::AllOf(HasSubstr("its server web1 has \"maxconn 50 maxqueue 20 agent-check\""),
                                         HasSubstr("default-server"))));
  EXPECT_THAT(haproxy::remarks_in(header + "shop,teal-shop-api-r1-0,0,,,,,,\nother,b,0,50,,,,,\n"
                                           "shop,BACKEND,0,200,,roundrobin,,,\n\n",
                                  "shop"),
              IsEmpty())
      << "the backend's own limit is its fullconn, and another backend's servers are its own";
}

TEST(HaproxyBackends, ACookieThatAddedServersDoNotHaveIsRemarked) {
  const std::string answer =
      "# pxname,svname,scur,algo,cookie,\nshop,a,0,,,\nshop,BACKEND,0,roundrobin,SRV,\nother,BACKEND,0,first,,\n\n";
  EXPECT_THAT(haproxy::remarks_in(answer, "shop"), ElementsAre(HasSubstr("\"cookie SRV\"")));
  EXPECT_THAT(haproxy::remarks_in(answer, "other"), IsEmpty());
  EXPECT_THAT(haproxy::remarks_in("Permission denied\n\n", "shop"), IsEmpty());
}

TEST(HaproxyBackends, AHashThatIsMapBasedIsFoundByAskingAndAddsNothing) {
  for (const bool is_static : {true, false}) {
    boost::asio::io_context loop;
    ScriptedRuntime runtime{loop};
    runtime.answer([is_static](const std::string& line) {
      if (!line.starts_with("add server"))
        return std::string{"admin\n\n# pxname,svname,algo,\nshop,BACKEND,source,\n\n"};
      return std::string{is_static ? "Backend must use a dynamic load balancing to support dynamic servers.\n\n"
                                   : "'server' expects <name> and <addr>[:<port>] as arguments.\n\n"};
    });
    const auto balancer = haproxy::make_haproxy({runtime.path(), nullptr});
    const auto found = await(loop, balancer->obstacles("shop"));
    ASSERT_TRUE(found);
    EXPECT_THAT(runtime.lines(), ElementsAre("show cli level;show stat shop 2 -1", "add server shop/teal-asks"));
    if (!is_static) {
      EXPECT_THAT(*found, IsEmpty());
    } else {
      EXPECT_THAT(*found, ElementsAre(testing::AllOf(HasSubstr("balance source"), HasSubstr("hash-type consistent"))));
    }
  }
}

TEST(HaproxyBackends, AreLookedAtWithoutChangingAnything) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  runtime.answer([](const std::string&) { return std::string{"operator\n\n# pxname,svname\n\n"}; });
  const auto balancer = haproxy::make_haproxy({runtime.path(), nullptr});
  const auto found = await(loop, balancer->obstacles("shop"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 1u);
  EXPECT_THAT(runtime.lines(), ElementsAre("show cli level;show stat shop 2 -1"));
}

}  // namespace
}  // namespace teal::test
