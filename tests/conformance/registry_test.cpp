// teald's own questions to a registry, against a real one: Debian's docker-registry with htpasswd, TLS of its own
// authority and client certificates.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "daemon/drivers/registries/digest.hpp"
#include "daemon/drivers/registries/registries.hpp"
#include "daemon/drivers/secrets/secrets.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/support/await.hpp"
#include "tests/support/process.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string manifest_type = "application/vnd.docker.distribution.manifest.v2+json";

class RealRegistry : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = "/tmp/teal-registry-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    host_ = fmt::format("127.0.0.1:{}", free_port());
    shell(R"(
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
for who in server client; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$who -keyout $who.key -out $who.csr
  echo 'subjectAltName=IP:127.0.0.1' >$who.ext
  openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $who.ext -out $who.pem
done
openssl ecparam -name prime256v1 -genkey -noout -out cosign.key
openssl ec -in cosign.key -pubout -out cosign.pub)");
    set_password("planted-pw-1");
    std::ofstream{folder_ + "/config.yml"} << fmt::format(R"(version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {0}/data}}}}
auth: {{htpasswd: {{realm: test, path: {0}/htpasswd}}}}
http:
  addr: {1}
  tls: {{certificate: {0}/server.pem, key: {0}/server.key, clientcas: [{0}/ca.pem]}}
)",
                                                          folder_, host_);
    start();
  }
  static void TearDownTestSuite() {
    process_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  static std::string shell(const std::string& script) {
    const auto done = run_to_end({"/bin/bash", "-ec", "cd " + folder_ + "\n" + script}, folder_);
    EXPECT_EQ(done.status, 0) << script << "\n" << done.text;
    return done.text;
  }
  // For the registry, which reads the file anew; and for teald.
  static void set_password(const std::string& password) {
    shell("perl -e 'print \"me:\".crypt(\"" + password +
          "\", \"\\$2y\\$05\\$abcdefghijklmnopqrstuu\").\"\\n\"' >htpasswd");
    std::ofstream{folder_ + "/password"} << password;
    ::chmod((folder_ + "/password").c_str(), 0600);
  }
  static void start() {
    Program program;
    program.command = {"docker-registry", "serve", folder_ + "/config.yml"};
    program.output = program.errors = folder_ + "/log";
    process_ = std::make_unique<Process>(program);
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (run_to_end(curl("-o /dev/null"), folder_).status != 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << read_text(folder_ + "/log");
      std::this_thread::sleep_for(20ms);
    }
  }
  static std::vector<std::string> curl(const std::string& arguments, const std::string& path = "") {
    return {
        "/bin/bash", "-ec",
        fmt::format("cd {0} && curl -sS -f --cacert ca.pem --cert client.pem --key client.key -u me:$(cat password) "
                    "{1} https://{2}/v2/{3}",
                    folder_, arguments, host_, path)};
  }
  static void put_blob(const std::string& bytes) {
    std::ofstream{folder_ + "/blob"} << bytes;
    const auto script = R"sh(
c="curl -sS -f --cacert ca.pem --cert client.pem --key client.key -u me:$(cat password)"
where=$($c -D - -o /dev/null -X POST "https://HOST/v2/team/shop/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
$c -X PUT -H 'Content-Type: application/octet-stream' --data-binary @blob "$where&digest=DIGEST"
)sh";
    std::string text = script;
    text.replace(text.find("HOST"), 4, host_);
    text.replace(text.find("DIGEST"), 6, registries::sha256_digest(bytes));
    shell(text);
  }
  // An image of one blob as this tag; its digest.
  static std::string put_image(const std::string& tag, const std::string& bytes, const std::string& annotation = "") {
    put_blob(bytes);
    const auto manifest = fmt::format(
        R"({{"schemaVersion":2,"mediaType":"{0}","config":{{"mediaType":"application/vnd.docker.container.image.v1+json",)"
        R"("size":{1},"digest":"{2}"}},"layers":[{{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip",)"
        R"("size":{1},"digest":"{2}"{3}}}]}})",
        manifest_type, bytes.size(), registries::sha256_digest(bytes), annotation);
    std::ofstream{folder_ + "/manifest"} << manifest;
    const auto done = run_to_end(
        curl("-X PUT -H 'Content-Type: " + manifest_type + "' --data-binary @manifest", "team/shop/manifests/" + tag),
        folder_);
    EXPECT_EQ(done.status, 0) << done.text;
    return registries::sha256_digest(manifest);
  }
  static registries::RegistryRule rule() {
    registries::RegistryRule rule;
    rule.host = host_;
    registries::BasicCredentials basic;
    basic.username.text = "me";
    basic.password.kind = spec::ValueSource::Kind::File;
    basic.password.text = folder_ + "/password";
    rule.credentials = basic;
    rule.tls = registries::RegistryTls{folder_ + "/ca.pem", folder_ + "/client.pem", folder_ + "/client.key"};
    rule.cosign = registries::CosignPolicy{folder_ + "/cosign.pub"};
    return rule;
  }
  std::unique_ptr<ports::Registry> registries(registries::RegistryRule one) {
    aws::CredentialEnvironment in;
    in.executor = loop_.get_executor();
    in.variable = [](const std::string&) { return std::nullopt; };
    in.clock = &clock_;
    in.files = &pool_;
    in.programs = &pool_;
    in.secrets = secrets_.get();
    return registries::make_registries(std::move(in), {std::move(one)});
  }
  Result<std::string> digest(const std::string& tag, registries::RegistryRule one = rule()) {
    const auto all = registries(std::move(one));
    auto found = await(loop_, all->digest(host_ + "/team/shop:" + tag));
    if (!found) EXPECT_THAT(found.error().message, Not(HasSubstr("planted")));
    return found;
  }

  static inline std::string folder_;
  static inline std::string host_;
  static inline std::unique_ptr<Process> process_;
  boost::asio::io_context loop_;
  daemon::WallClock clock_;
  runtime::BlockingPool pool_{1};
  std::unique_ptr<ports::Secrets> secrets_ = secrets::make_secrets(pool_, pool_);
};

TEST_F(RealRegistry, SaysWhatATagNamesAlsoOnceItHasMoved) {
  const auto first = put_image("moving", "one");
  EXPECT_EQ(digest("moving").value(), first);
  const auto second = put_image("moving", "two");
  EXPECT_NE(first, second);
  EXPECT_EQ(digest("moving").value(), second);
  const auto missing = digest("gone");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("answers 404 for manifests/gone of team/shop"));
}

TEST_F(RealRegistry, APasswordThatIsReplacedCountsAtOnce) {
  put_image("1", "one");
  std::ofstream{folder_ + "/password"} << "planted-wrong";
  const auto denied = digest("1");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::denied);
  EXPECT_THAT(denied.error().message,
              AllOf(HasSubstr("the password of " + folder_ + "/password"), HasSubstr("check both")));
  set_password("planted-pw-2");  // the old one has expired
  EXPECT_TRUE(digest("1"));
}

TEST_F(RealRegistry, TrustsOnlyTheEntrysAuthorityAndShowsItsCertificate) {
  put_image("1", "one");
  auto one = rule();
  one.tls = registries::RegistryTls{{}, folder_ + "/client.pem", folder_ + "/client.key"};
  EXPECT_EQ(digest("1", one).error().code, ErrorCode::denied);
  one.tls = registries::RegistryTls{folder_ + "/ca.pem", {}, {}};
  EXPECT_FALSE(digest("1", one)) << "without a client certificate";
  one.tls = registries::RegistryTls{folder_ + "/none.pem", {}, {}};
  EXPECT_THAT(digest("1", one).error().message, HasSubstr(folder_ + "/none.pem"));
  // Its key is a secret like any other.
  ::chmod((folder_ + "/client.key").c_str(), 0644);
  EXPECT_THAT(digest("1").error().message,
              HasSubstr("tls.key: " + folder_ + "/client.key: mode 0644: others can read it"));
  ::chmod((folder_ + "/client.key").c_str(), 0600);
  EXPECT_TRUE(digest("1"));
}

TEST_F(RealRegistry, AnImageRunsOnlyWithASignatureOfItsOwn) {
  const auto image = put_image("signed", "signed bytes");
  const auto all = registries(rule());
  const auto reference = host_ + "/team/shop:signed";
  const auto unsigned_one = await(loop_, all->verify(reference, image));
  ASSERT_FALSE(unsigned_one);
  EXPECT_THAT(unsigned_one.error().message, HasSubstr("there is none: sign it"));
  const auto payload = R"({"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":")" +
                       image + R"("},"type":"cosign container image signature"},"optional":null})";
  std::ofstream{folder_ + "/payload"} << payload;
  auto signature = shell("openssl dgst -sha256 -sign cosign.key payload | base64 -w0");
  const auto tag = "sha256-" + image.substr(7) + ".sig";
  put_image(tag, payload, R"(,"annotations":{"dev.cosignproject.cosign/signature":")" + signature + "\"}");
  const auto verified = await(loop_, all->verify(reference, image));
  EXPECT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(all->is_verified(reference, image));
  EXPECT_FALSE(await(loop_, all->verify(reference, put_image("other", "other bytes"))));
}

TEST_F(RealRegistry, OneThatHasDiedIsUnavailableUntilItIsBack) {
  put_image("1", "one");
  process_->signal(SIGKILL);
  process_->wait(10s);
  EXPECT_EQ(digest("1").error().code, ErrorCode::unavailable);
  start();
  EXPECT_TRUE(digest("1"));
}

}  // namespace
}  // namespace teal::test
