// teal init: what it writes from options and answers, and that it never leaves half of it behind.
#include <gmock/gmock.h>
#include <pty.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "cli/init/draft.hpp"
#include "cli/init/files.hpp"
#include "cli/init/questions.hpp"
#include "manifests/parse/parse.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::string text_of(const std::string& path) { return test::Certificates::text(path); }

struct ::stat status_of(const std::string& path) {
  struct ::stat found{};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder}) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

class InitVerb : public testing::Test {
 protected:
  Outcome init(std::vector<std::string> words) const {
    words.insert(words.begin(), "init");
    words.insert(words.end(), {"--directory", folder_.path(), "--config", config_});
    return run_teal(words);
  }
  std::string path(const std::string& name) const { return folder_.path() + '/' + name; }

  Folder folder_;
  Folder machine_;
  std::string config_ =
      machine_.write("teald.yaml", "loadBalancers: [{name: edge, haproxy: {managed: {listen: [\"*:80\"]}}}]\n");
};

TEST_F(InitVerb, WritesATealdYamlWhereThereIsNone) {
  config_ = path("none/teald.yaml");
  auto got = init({"shop", "--image", "shop:1"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("shop.env", "shop.yaml", "teald.yaml"));
  EXPECT_THAT(text_of(path("teald.yaml")), AllOf(HasSubstr("kind: DaemonConfig"), HasSubstr("managed:")));
  EXPECT_THAT(got.out,
              AllOf(HasSubstr("There is no " + config_), HasSubstr("install -D -m 640 -g teal " + path("teald.yaml"))));
  // What is there stays, and keeps nobody from a second application.
  folder_.write("teald.yaml", "# mine\n");
  EXPECT_EQ(init({"blog", "--image", "blog:1"}).status, 0);
  EXPECT_EQ(text_of(path("teald.yaml")), "# mine\n");
}

TEST_F(InitVerb, GoesByTheLoadBalancerOfTealdYaml) {
  config_ = machine_.write("own.yaml",
                           "loadBalancers: [{name: front, haproxy: {socket: \"unix:/run/haproxy/admin.sock\"}}]\n");
  auto got = init({"shop", "--image", "shop:1", "--port", "80", "--host", "shop.example.com"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(text_of(path("shop.yaml")),
              AllOf(HasSubstr("name: front"), Not(HasSubstr("routes:")), HasSubstr("Host: shop.example.com")));
  EXPECT_THAT(got.err, HasSubstr("a frontend of HAProxy has to send the requests of shop.example.com"));
  EXPECT_EQ(run_teal({"validate", path("shop.yaml")}).status, 0);
}

TEST_F(InitVerb, MakesPlacesForTheCredentialsOfAMigration) {
  const auto got = init({"shop", "--image", "shop:1", "--port", "80", "--migrate", "./upgrade_schema.sh 'up grade'"});
  EXPECT_EQ(got.status, 0) << got.err;
  const auto parsed = yaml::parse_application(text_of(path("shop.yaml")), "shop.yaml");
  ASSERT_TRUE(parsed.application) << spec::to_string(parsed.diagnostics);
  ASSERT_EQ(parsed.application->spec.migration.jobs.size(), 1U);
  const auto& job = parsed.application->spec.migration.jobs[0];
  EXPECT_THAT(job.command, ElementsAre("./upgrade_schema.sh", "up grade"));
  for (const auto* name : {"DB__USER", "DB__PASSWORD"}) {
    ASSERT_TRUE(job.credentials.contains(name)) << name;
    EXPECT_EQ(job.credentials.at(name).kind, spec::ValueSource::Kind::File);
    EXPECT_EQ(status_of(path("shop.secrets/default/") + name).st_mode & 07777U, 0600U);
  }
  EXPECT_THAT(got.err, HasSubstr("write the user and the password that may change the schema into"));
  EXPECT_EQ(init({"other", "--image", "shop:1", "--migrate", "'never closed"}).status, 2);
}

TEST_F(InitVerb, WritesAManifestOfNothingButWhatIsNoDefault) {
  const auto got = init({"shop", "--image", "registry.example:5000/shop:1.4.0", "--port", "8080", "--health", "/up"});
  EXPECT_EQ(got.status, 0) << got.err;
  const auto text = text_of(path("shop.yaml"));
  EXPECT_THAT(text, EndsWith("apiVersion: teal/v1\n"
                             "kind: Application\n"
                             "metadata:\n"
                             "  name: shop\n"
                             "spec:\n"
                             "  version: \"1.4.0\"\n"
                             "  image: \"registry.example:5000/shop\"\n"
                             "  envFiles:\n"
                             "    - \"" +
                             path("shop.env") +
                             "\"\n"
                             "  components:\n"
                             "    - name: web\n"
                             "      replicas: 2\n"
                             "      port: 8080\n"
                             "      health:\n"
                             "        path: \"/up\"\n"
                             "      loadBalancer:\n"
                             "        name: edge\n"
                             "        backend: shop_web\n"));
  EXPECT_EQ(run_teal({"validate", path("shop.yaml")}).status, 0);
  for (const auto* next : {"teal validate ", "teal plan -f ", "cp ", "teal wait shop "})
    EXPECT_THAT(got.out, HasSubstr(next));
  EXPECT_THAT(got.err, HasSubstr("GET /up on port 8080"));
  EXPECT_EQ(status_of(path("shop.env")).st_mode & 07777U, 0600U);
  EXPECT_EQ(status_of(path("shop.yaml")).st_mode & 07777U, 0644U);
  const auto* teal = ::getpwnam("teal");
  const auto owner = ::geteuid() == 0 && teal != nullptr ? teal->pw_uid : ::geteuid();
  EXPECT_EQ(status_of(path("shop.env")).st_uid, owner);
}

TEST_F(InitVerb, SendsTheHostsRequestsToTheComponent) {
  EXPECT_EQ(init({"shop", "--image", "shop:1", "--port", "80", "--host", "shop.example.com"}).status, 0);
  EXPECT_THAT(text_of(path("shop.yaml")), HasSubstr("shop.example.com"));
  EXPECT_EQ(run_teal({"validate", path("shop.yaml")}).status, 0);
}

TEST_F(InitVerb, NamesTheOptionsThatAreMissingWhenNobodyCanBeAsked) {
  auto got = init({});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, AllOf(HasSubstr("NAME"), HasSubstr("--image"), HasSubstr("--from-compose")));
  got = init({"shop"});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, AllOf(Not(HasSubstr("NAME,")), HasSubstr("--image")));
  EXPECT_TRUE(names_in(folder_.path()).empty());
}

TEST_F(InitVerb, RefusesValuesThatNoManifestTakes) {
  const std::vector<std::vector<std::string>> wrong{{"Shop", "--image", "shop:1"},
                                                    {"shop", "--image", "shop:1", "--port", "0"},
                                                    {"shop", "--image", "shop:1", "--port", "70000"},
                                                    {"shop", "--image", "not an image"},
                                                    {"shop", "--image", "shop:1", "--port", "80", "--health", "up"},
                                                    {"shop", "--image", "shop:1", "--port", "80", "--host", "a b"},
                                                    {"shop", "--image", "shop:1", "--replicas", "0"}};
  for (const auto& words : wrong) EXPECT_EQ(init(words).status, 2) << testing::PrintToString(words);
  EXPECT_TRUE(names_in(folder_.path()).empty());
}

TEST_F(InitVerb, ReplacesNothingUnlessItIsForcedTo) {
  folder_.write("shop.env", "MINE=1\n");
  const auto got = init({"shop", "--image", "shop:1"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, AllOf(HasSubstr(path("shop.env")), HasSubstr("--force"), Not(HasSubstr("shop.yaml"))));
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("shop.env"));
  EXPECT_EQ(text_of(path("shop.env")), "MINE=1\n");
  EXPECT_EQ(init({"shop", "--image", "shop:1", "--force"}).status, 0);
  EXPECT_THAT(text_of(path("shop.env")), Not(HasSubstr("MINE")));
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("shop.env", "shop.yaml"));
}

TEST_F(InitVerb, SaysWhatIsWrongWithAnImageOfNoRelease) {
  for (const auto* image : {"shop", "shop:latest"}) {
    const auto got = init({"shop", "--image", image, "--force"});
    EXPECT_EQ(got.status, 0);
    EXPECT_THAT(got.err, HasSubstr("version: latest never changes")) << image;
    EXPECT_THAT(text_of(path("shop.yaml")), HasSubstr("# - the image shop")) << image;
  }
  const std::string digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(init({"shop", "--image", "shop@" + digest, "--force"}).status, 0);
  EXPECT_THAT(text_of(path("shop.yaml")), AllOf(HasSubstr("shop@" + digest), HasSubstr("pinned by its digest")));
}

// What the program says on a terminal of its own, where somebody types these answers.
std::string said_on_terminal(const std::vector<std::string>& arguments, const std::string& answers) {
  std::vector<std::string> words{TEAL_BIN_DIR "/teal"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    ::setenv("NO_COLOR", "1", 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  EXPECT_EQ(::write(terminal, answers.data(), answers.size()), ssize_t(answers.size()));
  std::string said;
  char piece[4096];
  for (ssize_t count = 0; (count = ::read(terminal, piece, sizeof piece)) > 0;) said.append(piece, std::size_t(count));
  int state = 0;
  ::waitpid(child, &state, 0);
  ::close(terminal);
  EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0) << said;
  return said;
}

TEST_F(InitVerb, AsksOnATerminalForWhatIsMissing) {
  const std::vector<std::string> words{"init", "--directory", folder_.path(), "--port", "8000", "--config", config_};
  const std::string answers = "no image\nshop:2\nmy-shop\n/up\n\nnone\n3\n\n";
  const auto said = said_on_terminal(words, answers);
  EXPECT_THAT(said, AllOf(HasSubstr("Name of the application [shop]"), HasSubstr("expected an image"),
                          Not(HasSubstr("Port that"))));
  EXPECT_THAT(text_of(path("my-shop.yaml")), AllOf(HasSubstr("replicas: 3"), HasSubstr("path: \"/up\"")));
  folder_.write("my-shop.env", "MINE=1\n");
  EXPECT_THAT(said_on_terminal(words, answers + "yes\n"), HasSubstr("Replace " + path("my-shop.yaml")));
  EXPECT_THAT(text_of(path("my-shop.env")), Not(HasSubstr("MINE")));
}

TEST(InitFiles, LeavesNothingBehindWhenOneOfThemCannotBeWritten) {
  const Folder folder;
  folder.write("file", "");
  const std::vector<OutputFile> files{{folder.path() + "/a.yaml", "a", false},
                                      {folder.path() + "/a.secrets/web/KEY", "k", true},
                                      {folder.path() + "/file/below", "b", false}};
  const auto written = write_files(files, false);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("/file/below"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(InitFiles, AreNobodyElsesWhereTheyAreSecret) {
  const Folder folder;
  ASSERT_TRUE(write_files({{folder.path() + "/a.secrets/web/KEY", "k", true}}, false));
  EXPECT_EQ(status_of(folder.path() + "/a.secrets").st_mode & 07777U, 0700U);
  EXPECT_EQ(status_of(folder.path() + "/a.secrets/web").st_mode & 07777U, 0700U);
  EXPECT_EQ(status_of(folder.path() + "/a.secrets/web/KEY").st_mode & 07777U, 0600U);
}

class InitQuestions : public testing::Test {
 protected:
  Result<Wishes> asked(const std::string& answers, Wishes known = {}) {
    std::istringstream in{answers};
    return ask(std::move(known), "edge", in, out_, {});
  }
  std::ostringstream out_;
};

TEST_F(InitQuestions, HaveDefaultsAndAreAskedAgainAfterAWrongAnswer) {
  const auto got = asked("registry.example/my_shop:1.0\n\nport\n70000\n8080\nup\n/up\n\nshop.example.com\n\n\n");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->image, "registry.example/my_shop:1.0");
  EXPECT_EQ(got->name, "my-shop");
  EXPECT_EQ(got->port, 8080);
  EXPECT_EQ(got->health, "/up");
  EXPECT_EQ(got->load_balancer, "edge");
  EXPECT_EQ(got->host, "shop.example.com");
  EXPECT_EQ(got->replicas, 2);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("expected a number from 1 to 65535"), HasSubstr("expected the path")));
}

TEST_F(InitQuestions, LeaveOutWhatAWorkerHasNoUseFor) {
  const auto got = asked("shop:1\n\nnone\n\n./migrate up\n");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_FALSE(got->port);
  EXPECT_EQ(got->replicas, 1);
  EXPECT_EQ(got->migrate, "./migrate up");
  EXPECT_THAT(out_.str(), AllOf(Not(HasSubstr("Load balancer")), Not(HasSubstr("Path"))));
}

TEST_F(InitQuestions, AreNotAskedForWhatIsKnown) {
  Wishes known;
  known.name = "shop";
  known.image = "shop:1";
  known.port = 80;
  known.health = "/";
  known.load_balancer = "none";
  known.replicas = 3;
  known.migrate = "none";
  const auto got = asked("", known);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(out_.str(), "");
}

TEST_F(InitQuestions, EndWithTheInput) {
  const auto got = asked("shop:1\n");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::cancelled);
}

Draft draft_with(std::vector<std::map<std::string, std::string>> environments) {
  Draft draft;
  draft.name = "shop";
  draft.image = "shop";
  draft.version = "1";
  for (auto& values : environments) {
    auto& part = draft.components.emplace_back();
    part.component.name = "c" + std::to_string(draft.components.size());
    part.values = std::move(values);
  }
  return draft;
}

const OutputFile* file_named(const Output& output, const std::string& end) {
  const auto found =
      std::ranges::find_if(output.files, [&](const OutputFile& file) { return file.path.ends_with(end); });
  return found == output.files.end() ? nullptr : &*found;
}

TEST(InitEnvironment, GoesToTheEnvFileWhereItIsTheSameForAll) {
  const auto output =
      output_of(draft_with({{{"A", "planted \"x\" # y"}, {"B", "1"}}, {{"A", "planted \"x\" # y"}, {"B", "2"}}}), "/d");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_THAT(file_named(*output, "/d/shop.env")->text, HasSubstr("\nA=planted \"x\" # y\n"));
  EXPECT_TRUE(file_named(*output, "/d/shop.env")->is_secret);
  const auto& manifest = file_named(*output, "/d/shop.yaml")->text;
  EXPECT_THAT(manifest, Not(HasSubstr("planted")));
  const auto parsed = yaml::parse_application(manifest, "f");
  ASSERT_TRUE(parsed.application);
  EXPECT_EQ(parsed.application->spec.components[0].env.at("B").text, "1");
  EXPECT_EQ(parsed.application->spec.components[1].env.at("B").text, "2");
  EXPECT_FALSE(parsed.application->spec.components[1].env.contains("A"));
}

TEST(InitEnvironment, GoesToFilesWhereItIsSecretOrHasSeveralLines) {
  const auto output = output_of(draft_with({{{"DB_PASSWORD", "planted"},
                                             {"DATABASE_URL", "postgres://u:planted@h/db"},
                                             {"PLAIN", "x"},
                                             {"LINES", "planted\nplanted"}},
                                            {}}),
                                "/d");
  ASSERT_TRUE(output) << output.error().message;
  const auto& manifest = file_named(*output, "/d/shop.yaml")->text;
  EXPECT_THAT(manifest, AllOf(Not(HasSubstr("planted")), HasSubstr("PLAIN: x"),
                              HasSubstr("fromFile: \"/d/shop.secrets/c1/DB_PASSWORD\"")));
  EXPECT_EQ(file_named(*output, "/d/shop.secrets/c1/DB_PASSWORD")->text, "planted\n");
  EXPECT_EQ(file_named(*output, "/d/shop.secrets/c1/DATABASE_URL")->text, "postgres://u:planted@h/db\n");
  EXPECT_EQ(file_named(*output, "/d/shop.secrets/c1/LINES")->text, "planted\nplanted\n");
  EXPECT_EQ(file_named(*output, "/PLAIN"), nullptr);
}

TEST(InitEnvironment, OfSeveralLinesThatAllHaveIsAFileOfTheApplication) {
  const auto output = output_of(draft_with({{{"PEM", "a\nb\n"}}, {{"PEM", "a\nb\n"}}}), "/d");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_THAT(file_named(*output, "/d/shop.yaml")->text, HasSubstr("fromFile: \"/d/shop.secrets/PEM\""));
  EXPECT_EQ(file_named(*output, "/d/shop.secrets/PEM")->text, "a\nb\n\n")
      << "one newline at its end is not of the value";
}

TEST(InitEnvironment, OfAJobGoesToItsCredentials) {
  auto draft = draft_with({{{"A", "1"}}});
  auto& job = draft.jobs.emplace_back();
  job.component.name = "migrate";
  job.component.command = {"./migrate"};
  job.values = {{"A", "1"}, {"DB_USER", "owner"}, {"DB_PASSWORD", "planted"}};
  const auto output = output_of(draft, "/d");
  ASSERT_TRUE(output) << output.error().message;
  const auto parsed = yaml::parse_application(file_named(*output, "/d/shop.yaml")->text, "f");
  ASSERT_TRUE(parsed.application);
  const auto& credentials = parsed.application->spec.migration.jobs.at(0).credentials;
  EXPECT_EQ(credentials.size(), 2U);
  EXPECT_EQ(credentials.at("DB_USER").text, "owner");
  EXPECT_EQ(credentials.at("DB_PASSWORD").text, "/d/shop.secrets/migrate/DB_PASSWORD");
}

TEST(InitEnvironment, LeavesOutNamesThatAreNoneAndSaysSo) {
  const auto output = output_of(draft_with({{{"..", "planted"}, {"9A", "planted"}, {"A B", "planted"}}}), "/d");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->remarks.size(), 3U);
  for (const auto& file : output->files) EXPECT_THAT(file.text, Not(HasSubstr("planted")));
}

TEST(InitManifest, IsRefusedWithItsDiagnosticsWhenItWouldBeNone) {
  auto draft = draft_with({{}});
  draft.image = "not an image";
  const auto output = output_of(draft, "/d");
  ASSERT_FALSE(output);
  EXPECT_THAT(output.error().message, AllOf(HasSubstr("nothing was written"), HasSubstr("spec.image")));
}

}  // namespace
}  // namespace teal::cli
