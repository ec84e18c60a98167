// What `teal` says of a manifest that is right and could be better.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Advice, IsToReadASecretFromElsewhereAndNoError) {
  const Folder folder;
  const auto file = folder.write("shop.yaml",
                                 "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\n"
                                 "spec:\n  version: \"1.1\"\n  image: shop\n  components: [{name: api}]\n"
                                 "  env:\n    API_KEY: hunter2\n    MONKEY: banana\n");
  const auto place = file + ":9:5: spec.env.API_KEY: ";
  const auto validated = run_teal({"validate", file});
  EXPECT_EQ(validated.status, 0);
  EXPECT_EQ(validated.out, file + ": ok, application shop version 1.1\n");
  EXPECT_THAT(validated.err, StartsWith(place));
  EXPECT_THAT(validated.err, HasSubstr("{fromFile: …}"));
  EXPECT_THAT(validated.err, Not(HasSubstr("MONKEY")));
  const auto document = boost::json::parse(run_teal({"validate", file, "-o", "json"}).out);
  EXPECT_EQ(document.at_pointer("/0/valid"), true);
  EXPECT_EQ(document.at_pointer("/0/advice/0/path"), "spec.env.API_KEY");
  EXPECT_EQ(document.at_pointer("/0/advice/0/line"), 9);
  const FakeTeald teald{[](const Asked&) { return http_answer(200, R"({"metadata":{"name":"shop"}})"); }};
  const auto planned = run_teal({"plan", "-f", file, "--server", teald.url()});
  EXPECT_EQ(planned.status, 0);
  EXPECT_THAT(planned.err, StartsWith(place));
  EXPECT_THAT(validated.err + planned.err + planned.out, Not(HasSubstr("hunter2")));
}

std::string behind_main(const std::string& name) {
  return "apiVersion: teal/v1\nkind: Application\nmetadata: {name: " + name +
         "}\nspec:\n  version: \"1\"\n  image: shop\n  components: [{name: api, port: 80, loadBalancer: {name: edge, "
         "backend: main}}]\n";
}

TEST(Validation, RefusesABackendOfAnotherOfTheFiles) {
  const Folder folder;
  const auto blog = folder.write("blog.yaml", behind_main("blog"));
  const auto shop = folder.write("shop.yaml", behind_main("shop"));
  const auto validated = run_teal({"validate", blog, shop, "--server", "unix:///nowhere/teal.sock"});
  EXPECT_EQ(validated.status, 2);
  EXPECT_EQ(validated.out, blog + ": ok, application blog version 1\n");
  EXPECT_THAT(validated.err, StartsWith(shop + ":1:1: edge/main belongs to application blog"));
}

TEST(Validation, RefusesABackendOfAnApplicationThatRuns) {
  const FakeTeald teald{[](const Asked&) {
    return http_answer(200, R"({"items":[{"metadata":{"name":"blog"},"spec":{"version":"1","image":"blog","components":[
      {"name":"api","loadBalancer":{"name":"edge","backend":"main"}}]}}]})");
  }};
  const Folder folder;
  const auto shop = run_teal({"validate", folder.write("shop.yaml", behind_main("shop")), "--server", teald.url()});
  EXPECT_EQ(shop.status, 2);
  EXPECT_THAT(shop.err, HasSubstr("edge/main belongs to application blog"));
  const auto blog = run_teal({"validate", folder.write("blog.yaml", behind_main("blog")), "--server", teald.url()});
  EXPECT_EQ(blog.status, 0) << "it is its own";
}

}  // namespace
}  // namespace teal::cli
