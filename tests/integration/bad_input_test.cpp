// Whatever lies in the manifest folder: a clear error in bounded time, and everything else keeps working.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

struct Bad {
  std::string file;
  std::string text;
  std::string complaint;  // a part of it; empty: any
};

std::string named(const std::string& name) {
  return fmt::format(
      "apiVersion: teal/v1\nkind: Application\nmetadata: {{name: {}}}\n"
      "spec: {{version: \"1\", image: sample, components: [{{name: api}}]}}\n",
      name);
}

std::string alias_bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    text +=
        fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", level, level - 1);
  }
  return text;
}

std::string binary() {
  std::mt19937 random{1};
  std::string text;
  for (int i = 0; i < 4096; ++i) text += static_cast<char>(random());
  return text;
}

std::vector<Bad> all_bad() {
  const std::string one_component = "spec: {version: \"1\", image: sample, components: [{name: ";
  const std::string head = "apiVersion: teal/v1\nkind: Application\nmetadata: {name: bad}\n";
  return {
      {"empty.yaml", "", ""},
      {"huge.yaml", named("huge") + "#" + std::string((1 << 20) + 1, 'x') + "\n", "1 MiB"},
      {"binary.yaml", binary(), ""},
      {"deep.yaml", std::string(200'000, '['), ""},
      {"deep_block.yaml", "spec: " + std::string(3000, '{') + "\n", ""},
      {"aliases.yaml", alias_bomb(), ""},
      {"twice.yaml", named("twice") + "kind: Application\n", "kind"},
      {"types.yaml", head + "spec: {version: [1], image: {a: b}, components: 7}\n", "spec.version"},
      {"replicas.yaml", head + one_component + "api, replicas: -3}]}\n", "replicas"},
      {"command_in_name.yaml", named("\"shop; del server sample_api/x\""), "metadata.name"},
      {"path_in_name.yaml", named("../../etc"), "metadata.name"},
      {"newline_in_name.yaml", named("\"a\\nb\""), "metadata.name"},
      {"option_in_name.yaml", named("\"--privileged\""), "metadata.name"},
      {"component.yaml", head + one_component + "\"a b;c\"}]}\n", "components[0].name"},
      {"backend.yaml",
       head + one_component + "api, port: 80, loadBalancer: {name: edge, backend: \"x; shutdown sessions\"}}]}\n",
       "backend"},
      {"version.yaml", head + "spec: {version: \"1 --rm\", image: sample, components: [{name: api}]}\n", "version"},
      {"unknown_key.yaml", named("unknown") + "suprise: 1\n", "suprise"},
      {"other_kind.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n", "kind"},
      {"two_documents.yaml", named("one") + "---\n" + named("two"), ""},
  };
}

class BadInput : public Stage {
 protected:
  void expect_alive() {
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = teald().rest().request("GET", "/healthz");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  }

  [[nodiscard]] std::string complaint_about(const std::string& file) {
    for (const auto& message : told("ManifestRefused", "")) {
      if (message.find("/" + file) != std::string::npos) return message;
    }
    return "";
  }
};

TEST_F(BadInput, EveryBadFileIsRefusedWithAClearErrorAndNothingElseSuffers) {
  Shop shop;
  shop.replicas = 1;
  shop.workers = 0;
  ASSERT_TRUE(install(shop));
  start_load();
  for (const auto& bad : all_bad()) {
    SCOPED_TRACE(bad.file);
    teald().save(bad.file, bad.text);
    std::string message;
    EXPECT_TRUE(eventually("it is refused", 5s, [&] { return !(message = complaint_about(bad.file)).empty(); }));
    expect_alive();
    EXPECT_NE(message.find(bad.complaint), std::string::npos) << message;
    EXPECT_LT(message.size(), 2500u) << "an error is for people";
    for (const char c : message)
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20) << "control characters in " << message;
  }
  namespace fs = std::filesystem;
  fs::create_directory(teald().manifests() + "/folder.yaml");
  fs::create_symlink("/nowhere", teald().manifests() + "/dangling.yaml");
  fs::create_symlink("loop.yaml", teald().manifests() + "/loop.yaml");
  std::ofstream{teald().manifests() + "/notes.txt"} << "not a manifest";
  shop.version = "2";
  save(shop);
  EXPECT_TRUE(complete(2)) << "all that rubbish beside it does not stop an upgrade";
  finish_load();
  const auto list = array_at(teald().rest().get("/apis/teal/v1/applications"), "/items");
  EXPECT_EQ(list.size(), 1u) << "no bad file became an application";
  EXPECT_EQ(teald().stop(), 0);
  teald().start();
  EXPECT_TRUE(eventually("Healthy", 5s, [&] { return text_at(application(), "/status/phase") == "Healthy"; }))
      << "nor a start";
}

// Manifests are root: tried from outside, with what an operator reads.
TEST_F(BadInput, WhatOthersMayWriteIsRefusedWithTheCommandThatMendsIt) {
  namespace fs = std::filesystem;
  Shop shop;
  shop.replicas = 1;
  shop.workers = 0;
  ASSERT_TRUE(install(shop));
  const fs::path file = teald().manifests() + "/shop.yaml";
  shop.version = "2";
  teald().save("shop.yaml.txt", manifest(shop));
  fs::permissions(teald().manifests() + "/shop.yaml.txt", fs::perms{0666});
  fs::rename(teald().manifests() + "/shop.yaml.txt", file);
  const auto mend = "others can write it; chmod o-w " + file.string();
  EXPECT_TRUE(
      eventually("an event says so", 5s, [&] { return complaint_about("shop.yaml").find(mend) != std::string::npos; }));
  EXPECT_EQ(text_at(application(), "/spec/version"), "1") << "the last good spec stays in force";
  const auto check = run_to_end({TEAL_BIN_DIR "/teald", "--check", "--config", teald().config()}, folder());
  EXPECT_EQ(check.status, 2);
  EXPECT_NE(check.text.find(mend), std::string::npos) << check.text;
  fs::permissions(file, fs::perms{0644});
  EXPECT_TRUE(complete(2)) << "the command mends it";
}

TEST_F(BadInput, AForeignFileShowsNothingOfItselfAndNamesOfAnyBytesBreakNothing) {
  namespace fs = std::filesystem;
  const std::string secret = "hunter2-of-another-file";
  std::ofstream{folder() + "/shadow"} << "root:" << secret << ": x\n" << secret << ": [" << secret << "\n";
  fs::create_symlink(folder() + "/shadow", teald().manifests() + "/link.yaml");
  teald().save("odd\xff\x1b[31m\n.yaml", named("odd"));
  EXPECT_TRUE(eventually("the link is refused", 5s, [&] { return !complaint_about("link.yaml").empty(); }));
  EXPECT_TRUE(eventually("the odd name is taken", 5s, [&] {
    return text_at(application("odd"), "/metadata/annotations/teal~1manifest-file")
               .find("/odd\\xff\\x1b[31m\\x0a.yaml") != std::string::npos;
  }));
  const auto listed = teal({"get", "applications"});
  EXPECT_EQ(listed.status, 0) << listed.text;
  EXPECT_NE(listed.text.find("odd"), std::string::npos);
  const auto check = run_to_end({TEAL_BIN_DIR "/teald", "--check", "--config", teald().config()}, folder());
  for (const auto& text :
       {check.text, complaint_about("link.yaml"), teald().log_tail(1000), teal({"get", "events"}).text}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  }
}

TEST_F(BadInput, SecondFileForTheSameApplicationIsRefusedAndTheFirstStaysItsOwner) {
  Shop shop;
  shop.replicas = 1;
  shop.workers = 0;
  ASSERT_TRUE(install(shop));
  auto other = shop;
  other.version = "2";
  teald().save("copy.yaml", manifest(other));
  EXPECT_TRUE(eventually("the copy is refused", 5s, [&] { return !complaint_about("copy.yaml").empty(); }));
  EXPECT_NE(complaint_about("copy.yaml").find("shop.yaml"), std::string::npos) << "it names the owner";
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
  EXPECT_EQ(text_at(application(), "/spec/version"), "1");
}

TEST_F(BadInput, WhatIsNotSupportedYetIsRefusedWithTheSentence) {
  Shop shop;
  shop.replicas = 1;
  shop.workers = 0;
  shop.migration_more = "    strictCredentials: true\n";
  save(shop);
  EXPECT_EQ(ended(1), "Failed");
  const auto message = text_at(application(), "/status/message");
  EXPECT_NE(message.find("spec.migration.strictCredentials: not supported yet"), std::string::npos) << message;
  EXPECT_EQ(containers(), std::vector<std::string>{});
  const auto validate = teal({"validate", teald().manifests() + "/shop.yaml"});
  EXPECT_NE(validate.text.find("not supported yet"), std::string::npos) << validate.text;
  shop.migration_more = "";
  save(shop);
  EXPECT_TRUE(complete(2));
}

}  // namespace
}  // namespace teal::test
