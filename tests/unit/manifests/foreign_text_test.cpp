// A manifest may be a link to any file of the machine: of what does not say that it is one of ours, nothing is shown.
#include <gmock/gmock.h>

#include "manifests/parse/parse.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string shown(std::string_view text) { return to_string(yaml::parse_manifest(text, "m/x.yaml").diagnostics); }

TEST(ForeignText, ShowsPlacesAndWhatWasExpectedAndNothingElse) {
  const std::vector<std::string> foreign{
      "root:$y$j9T$hunter2:19000:0:99999:7:::\nhunter2:*:19000::::::\n",
      "hunter2: 1\nhunter2: 2\n",
      "\"hunter2 x\": {a: 1, a: 2}\n",
      "a: !hunter2 b\n",
      "a: &hunter2 b\nc: *hunter2\n",
      "a: *hunter2\n",
      "a: \"\\qhunter2\"\n",
      "kind: hunter2\n",
      "apiVersion: hunter2\nkind: Application\n",
      "apiVersion: hunter2/v1\nkind: Application\nmetadata: {name: hunter2}\nspec: {hunter2: 1, suspend: hunter2}\n",
      "kind: Application\nspec: {hunter2: 1, pullPolicy: hunter2}\n",
      "apiVersion: teal/v1\nkind: hunter2\nhunter2: 1\n",
      "apiVersion: teal/v1\nkind: Tokens\ntokens: [{sha256: hunter2, sha256: hunter2}]\n",
      "hunter2: {hunter2: [hunter2, {hunter2: {<<: hunter2}}]}\n",
      "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
      "PASSWORD=hunter2\n",
      "{\"hunter2\": [\"hunter2\n",
      "hunter2\x01\n",
      "--- hunter2\n--- hunter2\n",
      "%hunter2 x\n---\na\n",
  };
  for (const auto& text : foreign) {
    const auto parsed = yaml::parse_manifest(text, "m/x.yaml");
    EXPECT_FALSE(parsed.application);
    ASSERT_FALSE(parsed.diagnostics.empty()) << text;
    EXPECT_THAT(shown(text), AllOf(HasSubstr("m/x.yaml:"), Not(HasSubstr("hunter2")))) << text;
  }
  EXPECT_EQ(shown("hunter2: 1\nhunter2: 2\nkind: x\n"),
            "m/x.yaml:1:1: missing: the key apiVersion is required here\n"
            "m/x.yaml:2:1: a key is given twice\n"
            "m/x.yaml:3:1: expected kind: Application");
  EXPECT_EQ(shown("\x7f"), "m/x.yaml:1:1: a control character: expected a text file in UTF-8") << "no byte of it";
}

TEST(ForeignText, IsStillShownToWhoeverSentIt) {
  EXPECT_THAT(to_string(yaml::parse_application("a: 1\na: 2\nkind: Pod\n", "body").diagnostics),
              AllOf(HasSubstr("the key \"a\" is given twice"), HasSubstr("\"Pod\" does not belong here")));
}

TEST(ForeignText, AManifestOfOursIsToldWhatIsWrong) {
  const std::string head = "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\n";
  EXPECT_THAT(shown(head + "spec: {pullPolicy: Sometimes, imgae: x}\n"),
              AllOf(HasSubstr("spec.pullPolicy: \"Sometimes\" is not known"), HasSubstr("spec.imgae: unknown key")));
  EXPECT_THAT(shown(head + "spec:\n  env:\n    A: b\n    A: c\n"),
              HasSubstr("spec.env.A: the key \"A\" is given twice"));
  EXPECT_THAT(shown(head + "spec: {image: [\n"), HasSubstr("is never closed"));
}

TEST(ForeignText, ASecretInAManifestOfOursIsNotQuoted) {
  const auto text = shown(
      "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  image: x\n  version: \"1\"\n"
      "  env: {DB_PASSWORD: [hunter2], API_TOKEN: {value: hunter2}, \"KEY=hunter2\": x, \"KEY=hunter2\": y}\n"
      "  \"PASSWORD=hunter2\": 1\n  password: hunter2\n  components: [{name: api}]\n");
  EXPECT_THAT(text, AllOf(HasSubstr("spec.env.DB_PASSWORD"), HasSubstr("spec.env[\"KEY=…\"]"),
                          HasSubstr("unknown key \"PASSWORD=…\""), Not(HasSubstr("hunter2"))));
}

TEST(ForeignText, ASecretThatYamlTakesForATagOrAMapIsNotQuoted) {
  const std::string head =
      "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  image: x\n  version: \"1\"\n"
      "  components: [{name: api}]\n  env:\n    DB_PASSWORD: ";
  for (const auto* written : {"!hunter2", "!hunter2 x", "!!hunter2", "!<hunter2>", "{hunter2}", "{\"hunter2\": 1}",
                              "{hunter2: x}", "{fromFile: /x, hunter2: y}"}) {
    const auto text = shown(head + written + "\n");
    EXPECT_THAT(text, AllOf(HasSubstr("9:"), HasSubstr("quotes"), Not(HasSubstr("hunter2")))) << written;
  }
  EXPECT_THAT(shown(head + "{fromFle: /x}\n"), HasSubstr("did you mean fromFile?")) << "a slip is still named";
}

}  // namespace
}  // namespace teal::test
