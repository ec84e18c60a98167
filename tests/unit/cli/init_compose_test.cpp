// teal init --from-compose: what of a Compose file becomes a manifest, and what it says about the rest.
#include <gmock/gmock.h>

#include <filesystem>

#include "cli/init/compose_service.hpp"
#include "cli/init/interpolate.hpp"
#include "cli/init/services.hpp"
#include "cli/init/shell_words.hpp"
#include "manifests/parse/parse.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

class InitFromCompose : public testing::Test {
 protected:
  // The file is named docker-compose.yml, in a folder "my_project".
  void compose(const std::string& text) {
    fs::create_directories(here());
    write("docker-compose.yml", text);
  }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories(here());
    folder_.write("my_project/" + name, text);
  }
  Outcome init(const std::vector<std::string>& more = {}, const std::vector<std::string>& environment = {}) {
    std::vector<std::string> words{"init", "--from-compose", here() + "/docker-compose.yml", "--directory",
                                   out(),  "--config",       folder_.write("teald.yaml", "")};
    words.insert(words.end(), more.begin(), more.end());
    const auto got = run_teal(words, {}, environment);
    said_ = got.out + got.err;
    return got;
  }
  std::string here() const { return folder_.path() + "/my_project"; }
  std::string out() const { return folder_.path() + "/out"; }
  std::string text(const std::string& name) const { return test::Certificates::text(out() + '/' + name); }
  spec::Application application(const std::string& name = "my-project") const {
    const auto parsed = yaml::parse_application(text(name + ".yaml"), name);
    EXPECT_TRUE(parsed.application) << spec::to_string(parsed.diagnostics);
    return parsed.application.value_or(spec::Application{});
  }

  Folder folder_;
  std::string said_;
};

TEST_F(InitFromCompose, TakesOverWhatAManifestCanSay) {
  compose(R"(services:
  api:
    image: registry.example/shop:1.4
    command: gunicorn "shop app" --bind 0.0.0.0:8000
    ports: ["127.0.0.1:9000:8000/tcp"]
    healthcheck:
      test: ["CMD-SHELL", "curl -fsS http://localhost:8000/api/up?full=1 || exit 1"]
      interval: 5s
      timeout: 3s
      retries: 4
      start_period: 1m30s
    volumes:
      - ./data:/data:ro
      - type: bind
        source: /srv/files
        target: /files
    stop_signal: INT
    stop_grace_period: 1m10s
    deploy:
      replicas: 3
      resources: {limits: {memory: 512M, cpus: '0.5', pids: 90}}
    user: "1000:1000"
    read_only: true
    cap_drop: [ALL]
    cap_add: [CAP_NET_BIND_SERVICE]
    security_opt: ["no-new-privileges:false"]
)");
  ASSERT_EQ(init().status, 0) << said_;
  const auto got = application();
  EXPECT_EQ(got.spec.image, "registry.example/shop");
  EXPECT_EQ(got.spec.version, "1.4");
  ASSERT_EQ(got.spec.components.size(), 1U);
  const auto& api = got.spec.components[0];
  EXPECT_EQ(api.name, "api");
  EXPECT_THAT(api.command, ElementsAre("gunicorn", "shop app", "--bind", "0.0.0.0:8000"));
  EXPECT_EQ(api.port, 8000);
  EXPECT_EQ(api.health.path, "/api/up?full=1");
  EXPECT_EQ(api.health.interval, std::chrono::seconds{5});
  EXPECT_EQ(api.health.timeout, std::chrono::seconds{3});
  EXPECT_EQ(api.health.failures, 4);
  EXPECT_EQ(api.health.startup, std::chrono::seconds{90});
  EXPECT_THAT(api.mounts,
              ElementsAre(spec::Mount{here() + "/data", "/data", true}, spec::Mount{"/srv/files", "/files", false}));
  EXPECT_EQ(api.stop.signal, "SIGINT");
  EXPECT_EQ(api.stop.grace, std::chrono::seconds{70});
  EXPECT_EQ(api.replicas, 3);
  EXPECT_EQ(api.resources.memory_bytes, 512 << 20);
  EXPECT_EQ(api.resources.cpus, 0.5);
  EXPECT_EQ(api.security.pids, 90);
  EXPECT_EQ(api.security.user, "1000:1000");
  EXPECT_TRUE(api.security.read_only_root_filesystem);
  EXPECT_FALSE(api.security.no_new_privileges);
  EXPECT_THAT(api.security.drop, ElementsAre("ALL"));
  EXPECT_THAT(api.security.add, ElementsAre("NET_BIND_SERVICE"));
  ASSERT_TRUE(api.load_balancer);
  EXPECT_EQ(api.load_balancer->backend, "my-project_api");
  EXPECT_THAT(said_, Not(HasSubstr("docker-compose.yml:"))) << "nothing was left out";
}

TEST_F(InitFromCompose, MakesComponentsOfOneImageAndApplicationsOfOthersAndLeavesDataAlone) {
  compose(R"(services:
  db: {image: "postgres:16"}
  cache: {image: "docker.io/library/redis:7"}
  api: {image: "shop:2", ports: ["8000"], depends_on: {migrate: {condition: service_completed_successfully}}}
  worker: {image: "shop:2", command: [./worker]}
  migrate: {image: "shop:2", command: [./migrate, up]}
  seed: {image: "seeder:1"}
  mailer: {image: "registry.example/mail-er:3", depends_on: {seed: {condition: service_completed_successfully}}}
  proxy: {image: "traefik:v3"}
)");
  ASSERT_EQ(init().status, 0) << said_;
  const auto shop = application();
  ASSERT_EQ(shop.spec.components.size(), 2U);
  EXPECT_EQ(shop.spec.components[0].name, "api");
  EXPECT_EQ(shop.spec.components[1].name, "worker");
  EXPECT_FALSE(shop.spec.components[1].load_balancer);
  ASSERT_EQ(shop.spec.migration.jobs.size(), 1U);
  EXPECT_EQ(shop.spec.migration.jobs[0].name, "migrate");
  EXPECT_THAT(shop.spec.migration.jobs[0].command, ElementsAre("./migrate", "up"));
  EXPECT_EQ(application("mail-er").spec.version, "3");
  EXPECT_THAT(said_, AllOf(HasSubstr("docker-compose.yml:2: db (postgres) keeps data"),
                           HasSubstr("docker-compose.yml:3: cache (redis)"), HasSubstr("docker-compose.yml:7: seed"),
                           HasSubstr("docker-compose.yml:9: proxy (traefik)")));
  EXPECT_FALSE(fs::exists(out() + "/postgres.yaml"));
  EXPECT_FALSE(fs::exists(out() + "/seeder.yaml"));
}

TEST_F(InitFromCompose, ListsWhatItCannotSayByFileAndLine) {
  compose(R"(version: "3.8"
services:
  api:
    image: shop:1
    privileged: true
    devices: [/dev/fuse]
    entrypoint: ./start
    extra_hosts: ["a:1.2.3.4"]
    tmpfs: /tmp
    networks: [inner]
    volumes: [files:/files, /anonymous]
    ports: ["80", "443:443", "53:53/udp"]
    unheard_of: 1
    restart: always
volumes: {files: {}}
networks: {inner: {}}
x-anything: {}
)");
  ASSERT_EQ(init().status, 0) << said_;
  for (const auto* line :
       {":5: api: privileged", ":6: api: devices", ":7: api: entrypoint", ":8: api: extra_hosts", ":9: api: tmpfs",
        ":10: api: networks", ":11: api: volumes: files", ":11: api: volumes: /anonymous", ":12: api: ports: port 443",
        ":12: api: ports: 53", ":13: api: unheard_of", ":15: volumes files", ":16: networks inner"}) {
    EXPECT_THAT(said_, HasSubstr(std::string{"docker-compose.yml"} + line));
  }
  EXPECT_THAT(said_, AllOf(Not(HasSubstr("restart")), Not(HasSubstr("x-anything")), Not(HasSubstr("version:"))));
  EXPECT_THAT(text("my-project.yaml"), HasSubstr("# - docker-compose.yml:5: api: privileged"));
}

TEST_F(InitFromCompose, ReplacesVariablesOfTheProcessAndOfDotenv) {
  write(".env", "TAG=1.2\nexport PORT='8000'\nSECRET_KEY=\"planted line\\nsecond\"\n");
  compose(R"(x-common: &common
  image: ${REGISTRY:-registry.example}/shop:${TAG}
  environment: &env
    SECRET_KEY: ${SECRET_KEY}
    PRICE: 5$$
    LEVEL: ${LEVEL-info}
services:
  api:
    <<: *common
    ports: ["${PORT}"]
  worker:
    <<: *common
    environment:
      <<: *env
      LEVEL: ${LOUD:+debug}
      PASSED_ON:
)");
  ASSERT_EQ(init({}, {"TAG=9.9", "LOUD=1", "PASSED_ON=planted through"}).status, 0) << said_;
  const auto got = application();
  EXPECT_EQ(got.spec.image, "registry.example/shop");
  EXPECT_EQ(got.spec.version, "9.9");
  EXPECT_EQ(got.spec.components[0].port, 8000);
  EXPECT_EQ(got.spec.components[0].env.at("LEVEL").text, "info");
  EXPECT_EQ(got.spec.components[1].env.at("LEVEL").text, "debug");
  EXPECT_EQ(got.spec.components[1].env.at("PASSED_ON").text, "planted through");
  EXPECT_EQ(got.spec.env.at("SECRET_KEY").text, out() + "/my-project.secrets/SECRET_KEY");
  EXPECT_EQ(text("my-project.secrets/SECRET_KEY"), "planted line\nsecond\n");
  EXPECT_THAT(text("my-project.env"), HasSubstr("\nPRICE=5$\n"));
  EXPECT_THAT(said_, Not(HasSubstr("planted")));
}

TEST_F(InitFromCompose, ReadsEnvFilesBelowWhatTheServiceSays) {
  write("a.env", "# a comment\nA=1 # of a\nB=two words\nC='$A'\n");
  write("b.env", "B=3\n");
  compose(R"(services:
  api:
    image: shop:1
    env_file: [a.env, {path: b.env}, {path: missing.env, required: false}]
    environment: [A=4]
)");
  ASSERT_EQ(init().status, 0) << said_;
  EXPECT_THAT(text("my-project.env"), AllOf(HasSubstr("\nA=4\n"), HasSubstr("\nB=3\n"), HasSubstr("\nC=$A\n")));
}

TEST_F(InitFromCompose, WritesNothingWhenTheFileIsWrong) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"services:\n  api: {image: 'a:${TAG:?say which}'}\n", "docker-compose.yml:2: the variable TAG is needed"},
      {"services:\n  api: {image: 'a:${TAG'}\n", "docker-compose.yml:2: a ${ is never closed"},
      {"services:\n  api: {image: a, command: 'x \"y'}\n", "docker-compose.yml:2: service api: command"},
      {"services:\n  api: {image: a, env_file: nowhere.env}\n", "nowhere.env"},
      {"services:\n  api: [a]\n", "docker-compose.yml:2: service api"},
      {"services: {}\n", "has no services"},
      {"a: [\n", "docker-compose.yml"},
      {"services: {db: {image: postgres}}\n", "nothing to make an application of"}};
  for (const auto& [text, why] : wrong) {
    compose(text);
    EXPECT_NE(init().status, 0) << text;
    EXPECT_THAT(said_, HasSubstr(why));
    EXPECT_FALSE(fs::exists(out())) << text;
  }
}

TEST_F(InitFromCompose, NamesThePlaceOfWhatIsOfAnotherKind) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"ports: {a: b}", "ports: expected a list"},
      {"image: [a]", "image: expected a text or a number"},
      {"environment: [A=1, [2]]", "environment[1]: expected a text or a number"},
      {"environment: text", "environment: expected a list or a mapping"},
      {"command: {a: 1}", "command: expected a text or a list"},
      {"volumes: text", "volumes: expected a list"},
      {"healthcheck: 7", "healthcheck: expected a mapping"},
      {"env_file: {a: 1}", "env_file: expected a text or a list"}};
  for (const auto& [line, says] : wrong) {
    write("docker-compose.yml", "services:\n  web:\n    " + line + "\n");
    EXPECT_EQ(init().status, 2) << line;
    EXPECT_THAT(said_, HasSubstr("docker-compose.yml:3: service web: " + says)) << line;
    EXPECT_FALSE(fs::exists(out())) << line;
  }
  write("docker-compose.yml", "services:\n  web:\n    image: shop:1\n    ports:\n    environment:\n");
  EXPECT_EQ(init().status, 0) << said_;
}

TEST_F(InitFromCompose, ReadsNoFileThatMayNeverEnd) {
  write("docker-compose.yml", "services:\n  web:\n    image: shop:1\n    env_file: [/dev/zero]\n");
  EXPECT_NE(init().status, 0);
  EXPECT_THAT(said_, HasSubstr("docker-compose.yml:4: service web: env_file: /dev/zero is no regular file"));
  write("big.env", "A=" + std::string(2U << 20U, 'x'));
  write("docker-compose.yml", "services:\n  web:\n    image: shop:1\n    env_file: big.env\n");
  EXPECT_NE(init().status, 0);
  EXPECT_THAT(said_, HasSubstr("more than 1 MiB"));
}

TEST_F(InitFromCompose, RefusesVariablesWithinVariablesWithinVariables) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "${A:-";
  write("docker-compose.yml",
        "services:\n  web:\n    image: shop:1\n    environment:\n      A: \"" + text + std::string(5000, '}') + "\"\n");
  EXPECT_NE(init().status, 0);
  EXPECT_THAT(said_, HasSubstr("docker-compose.yml:5:"));
}

TEST_F(InitFromCompose, SaysWhyNothingIsLeftWhereAllIsInProfiles) {
  write("docker-compose.yml", "services:\n  web:\n    image: shop:1\n    profiles: [debug]\n");
  EXPECT_NE(init().status, 0);
  EXPECT_THAT(said_, AllOf(HasSubstr("nothing to make an application of"), HasSubstr("--service web takes it")));
}

TEST_F(InitFromCompose, TakesTheNamedServicesOnly) {
  compose("services:\n  db: {image: 'postgres:16'}\n  a: {image: 'a:1'}\n  b: {image: 'b:1'}\n");
  ASSERT_EQ(init({"shop", "--service", "db"}).status, 0) << said_;
  EXPECT_EQ(application("shop").spec.image, "postgres");
  EXPECT_FALSE(fs::exists(out() + "/a.yaml"));
  EXPECT_EQ(init({"--service", "dbb"}).status, 2);
  EXPECT_THAT(said_, AllOf(HasSubstr("no service dbb"), HasSubstr("did you mean db")));
}

TEST_F(InitFromCompose, SaysWhichVariablesNameServicesThatTealsContainersCannotFind) {
  compose(R"(services:
  db: {image: "postgres:16"}
  api:
    image: shop:1
    environment: {DB_HOST: db, URL: "postgres://u:planted@db:5432/x", TITLE: "my db is big", DB_PASSWORD: db}
)");
  ASSERT_EQ(init().status, 0) << said_;
  EXPECT_THAT(said_, HasSubstr("DB_HOST, URL names the service db"));
  EXPECT_THAT(said_, Not(HasSubstr("planted")));
}

TEST_F(InitFromCompose, GivesWhatIsBuiltHereAName) {
  compose("services:\n  api:\n    build: .\n");
  ASSERT_EQ(init().status, 0) << said_;
  EXPECT_EQ(application().spec.image, "my-project-api");
  EXPECT_EQ(application().spec.pull_policy, spec::PullPolicy::Never);
  EXPECT_THAT(said_, HasSubstr("docker-compose.yml:3: api: build"));
}

TEST(ComposeWords, ReplacesVariablesAsComposeDoes) {
  const Lookup lookup = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "1";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  std::vector<std::string> missing;
  const auto replaced = [&](std::string_view text) {
    const auto got = interpolate(text, lookup, [&](const std::string& name) { missing.push_back(name); });
    return got ? *got : "error: " + got.error().message;
  };
  for (const auto& [text, wanted] : std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                                                     {"x$A-y", "x1-y"},
                                                                                     {"${A}b", "1b"},
                                                                                     {"$$A", "$A"},
                                                                                     {"$${A}", "${A}"},
                                                                                     {"a$", "a$"},
                                                                                     {"5$ 6", "5$ 6"},
                                                                                     {"${EMPTY:-d}", "d"},
                                                                                     {"${EMPTY-d}", ""},
                                                                                     {"${NO-d}", "d"},
                                                                                     {"${NO:-${A}${NO:-x}}z", "1xz"},
                                                                                     {"${A:?no}", "1"},
                                                                                     {"${EMPTY?no}", ""},
                                                                                     {"${A:+yes}", "yes"},
                                                                                     {"${EMPTY:+yes}", ""},
                                                                                     {"${EMPTY+yes}", "yes"}}) {
    EXPECT_EQ(replaced(text), wanted) << text;
  }
  EXPECT_THAT(missing, IsEmpty());
  EXPECT_EQ(replaced("$NO${GONE}"), "");
  EXPECT_THAT(missing, ElementsAre("NO", "GONE"));
  for (const auto* wrong : {"${", "${A", "${}", "${A!}", "${A:}", "${EMPTY:?}", "${NO?say}", "${NO:-${A}"}) {
    EXPECT_THAT(replaced(wrong), testing::StartsWith("error: ")) << wrong;
  }
}

TEST(ComposeWords, ReadsFilesOfVariables) {
  const auto got = parse_dotenv(
      "\xEF\xBB\xBF"
      "A=1\r\n # c\n\nexport B = two words # c\nC=\"x\\ty\\$A ${A}\" # c\nD='it''s "
      "$A'\nE=\nF=a#b\nG=${A}${B}\nH=\"l1\nl2\"\nNONE\n",
      [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->at("A"), "1");
  EXPECT_EQ(got->at("B"), "two words");
  EXPECT_EQ(got->at("C"), "x\ty$A 1");
  EXPECT_EQ(got->at("E"), "");
  EXPECT_EQ(got->at("F"), "a#b");
  EXPECT_EQ(got->at("G"), "1two words");
  EXPECT_EQ(got->at("H"), "l1\nl2");
  EXPECT_FALSE(got->contains("NONE"));
  const auto wrong = parse_dotenv("A=1\nB=\"planted\n", [](const std::string&) { return std::nullopt; });
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, AllOf(HasSubstr("line 2"), Not(HasSubstr("planted"))));
}

TEST(ComposeWords, TakesCommandsApart) {
  EXPECT_THAT(*shell_words(R"( a  'b c' "d \"e" f\ g '' )"), ElementsAre("a", "b c", "d \"e", "f g", ""));
  EXPECT_THAT(*shell_words(""), IsEmpty());
  EXPECT_FALSE(shell_words("a 'b"));
}

TEST(ComposeWords, KnowsAmountsSignalsAndTheUrlOfAHealthCheck) {
  EXPECT_EQ(docker_bytes("512m"), 512 << 20);
  EXPECT_EQ(docker_bytes("1.5GB"), std::int64_t{1536} << 20);
  EXPECT_EQ(docker_bytes("64MiB"), 64 << 20);
  EXPECT_EQ(docker_bytes("1073741824"), 1 << 30);
  for (const auto* wrong : {"", "m", "-1", "5x", "5mm"}) EXPECT_FALSE(docker_bytes(wrong)) << wrong;
  EXPECT_EQ(stop_signal("TERM"), "SIGTERM");
  EXPECT_EQ(stop_signal("3"), "SIGQUIT");
  EXPECT_EQ(stop_signal("SIGPWR"), "");
  const auto url = health_url("wget -q --spider 'http://127.0.0.1:8080/up' || exit 1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->path, "/up");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(health_url("curl -f http://localhost")->path, "/");
  EXPECT_FALSE(health_url("pg_isready -U app"));
  EXPECT_EQ(name_out_of("My_Shop.app"), "my-shop-app");
  EXPECT_EQ(name_out_of("--"), "");
}

}  // namespace
}  // namespace teal::cli
