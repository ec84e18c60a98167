// teald's own questions to a registry: tokens, digests, redirects, signatures.
#include "daemon/drivers/registries/registry_client.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "daemon/drivers/registries/digest.hpp"
#include "manifests/foundation/digest.hpp"
#include "tests/unit/registries/registries_fixture.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string image_digest = "sha256:" + std::string(64, 'a');

// A registry that wants tokens, has one tag, and keeps blobs elsewhere.
class Registry2 {
 public:
  explicit Registry2(boost::asio::io_context& loop)
      : storage(loop, [this](Asked asked) { return store(std::move(asked)); }),
        server(loop, [this](Asked asked) { return answer(std::move(asked)); }) {}

  boost::asio::awaitable<Said> store(Asked asked) {
    if (asked.headers.contains("authorization")) leaked = true;
    co_return blobs.contains(asked.target) ? Said{200, {}, blobs[asked.target], false} : Said{404, {}, "", false};
  }

  boost::asio::awaitable<Said> answer(Asked asked) {
    if (asked.target.starts_with("/token?")) {
      tokens_asked.push_back(asked.target);
      if (asked.header("authorization") != "Basic " + encode_base64("me:" + password))
        co_return Said{401, {}, R"({"details":"incorrect username or password"})", false};
      co_return Said{200, {}, R"({"token":"planted-bearer"})", false};
    }
    if (asked.header("authorization") != "Bearer planted-bearer") {
      Said said{401, {}, "", false};
      said.headers["WWW-Authenticate"] = "Bearer realm=\"" + server.url() +
                                         "/token\",service=\"registry, of mine\",scope=\"repository:team/shop:pull\"";
      co_return said;
    }
    const std::string path = "/v2/team/shop/";
    if (asked.target == path + "manifests/1") {
      Said said{200, {}, "{}", false};
      if (says_digest) said.headers["Docker-Content-Digest"] = image_digest;
      co_return said;
    }
    if (asked.target == path + "manifests/sha256-" + std::string(64, 'a') + ".sig" && !signature.empty()) {
      co_return Said{200, {}, signature, false};
    }
    if (asked.target.starts_with(path + "blobs/")) {
      Said said{307, {}, "", false};
      said.headers["Location"] = storage.url() + "/" + asked.target.substr((path + "blobs/").size());
      co_return said;
    }
    co_return Said{404, {}, R"({"errors":[{"code":"MANIFEST_UNKNOWN"}]})", false};
  }

  std::string password = "planted-password";
  bool says_digest = true;
  bool leaked = false;
  std::string signature;
  std::map<std::string, std::string> blobs;  // by "/sha256:…"
  std::vector<std::string> tokens_asked;
  HandlerServer storage;
  HandlerServer server;
};

class RegistryApi : public RegistriesTest {
 protected:
  RegistryApi() {
    registries::RegistryRule rule;
    rule.host = "127.0.0.1:*";
    registries::BasicCredentials basic;
    basic.username.text = "me";
    basic.password.kind = spec::ValueSource::Kind::File;
    basic.password.text = write("password", "planted-password\n");
    rule.credentials = basic;
    rule.cosign = registries::CosignPolicy{folder_ + "/cosign.pub"};
    with({rule});
    image_ = "127.0.0.1:" + std::to_string(registry_.server.port()) + "/team/shop:1";
  }
  Result<std::string> digest(const std::string& reference) { return await(loop_, registries_->digest(reference)); }
  std::string verify() {
    const auto done = await(loop_, registries_->verify(image_, image_digest));
    expect_no_secret(done ? "" : done.error().message);
    return done ? "" : done.error().message;
  }
  // Signs a payload for `digest` and puts both into the registry; returns the public key.
  std::string sign(const std::string& digest) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    const auto payload = R"({"critical":{"identity":{},"image":{"docker-manifest-digest":")" + digest +
                         R"("},"type":"cosign container image signature"},"optional":null})";
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
    EXPECT_EQ(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                             reinterpret_cast<const unsigned char*>(payload.data()), payload.size()),
              1);
    signature.resize(size);
    EVP_MD_CTX_free(context);
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(memory, key);
    char* data = nullptr;
    const auto length = BIO_get_mem_data(memory, &data);
    std::string pem{data, static_cast<std::size_t>(length)};
    BIO_free(memory);
    EVP_PKEY_free(key);
    registry_.blobs["/" + registries::sha256_digest(payload)] = payload;
    registry_.signature = R"({"layers":[{"digest":")" + registries::sha256_digest(payload) +
                          R"(","annotations":{"dev.cosignproject.cosign/signature":")" + encode_base64(signature) +
                          R"("}}]})";
    return pem;
  }

  Registry2 registry_{loop_};
  std::string image_;
};

TEST_F(RegistryApi, FetchesATokenAndSaysWhatTheTagNames) {
  const auto found = digest(image_);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, image_digest);
  EXPECT_THAT(registry_.tokens_asked,
              testing::ElementsAre("/token?service=registry%2C%20of%20mine&scope=repository%3Ateam%2Fshop%3Apull"));
  registry_.says_digest = false;
  EXPECT_EQ(*digest(image_), registries::sha256_digest("{}"));
}

TEST_F(RegistryApi, AMissingTagAndAWrongPasswordAreNamed) {
  const auto other = image_.substr(0, image_.size() - 1) + "2";
  EXPECT_EQ(digest(other).error().code, ErrorCode::not_found);
  registry_.password = "another";
  const auto denied = digest(image_);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::denied);
  EXPECT_THAT(denied.error().message,
              AllOf(HasSubstr("answers 401"), HasSubstr("incorrect username or password"),
                    HasSubstr("the name and the password of " + folder_ + "/password"), HasSubstr("check both")));
  expect_no_secret(denied.error().message);
}

TEST_F(RegistryApi, AnImageIsVerifiedByItsSignatureAndThePayloadsDigest) {
  EXPECT_TRUE(registries_->wants_signature(image_));
  write("cosign.pub", sign(image_digest), 0644);
  EXPECT_EQ(verify(), "");
  EXPECT_FALSE(registry_.leaked) << "the registry's token went to its storage";
}

TEST_F(RegistryApi, WhateverIsWrongWithASignatureTheImageIsNotToRun) {
  EXPECT_THAT(verify(), HasSubstr("cosign.pub: cannot be read"));
  write("cosign.pub", "no key", 0644);
  EXPECT_THAT(verify(), AllOf(HasSubstr("at " + image_digest + " is not to run"), HasSubstr("there is none: sign it")));
  const auto key = sign(image_digest);
  EXPECT_THAT(verify(), HasSubstr("is no ECDSA key in PEM form"));
  write("cosign.pub", sign("sha256:" + std::string(64, 'b')), 0644);
  EXPECT_THAT(verify(), HasSubstr("its signature is for another image, sha256:bbb"));
  write("cosign.pub", key, 0644);
  sign(image_digest);
  EXPECT_THAT(verify(), HasSubstr("was not made with this key"));
  for (auto& [path, blob] : registry_.blobs) blob += " ";
  EXPECT_THAT(verify(), HasSubstr("answers with other bytes"));
  registry_.signature = "{\"layers\":[]}";
  EXPECT_THAT(verify(), HasSubstr("lists no signature"));
}

TEST(Challenges, AreReadWithTheirQuotes) {
  using testing::ElementsAre;
  using testing::Pair;
  EXPECT_THAT(registries::challenge_parameters("bearer realm=\"https://a/t\", service=b,scope=\"c,d\"", "Bearer"),
              ElementsAre(Pair("realm", "https://a/t"), Pair("service", "b"), Pair("scope", "c,d")));
  for (const auto* header : {"", "Bearer", "Basic realm=\"x\"", "Bearer =", "Bearer realm=\""}) {
    (void)registries::challenge_parameters(header, "Bearer");
  }
  EXPECT_TRUE(registries::challenge_parameters("Basic realm=\"x\"", "Bearer").empty());
}

// A registry may offer several ways, in one header or in many, in any order.
TEST(Challenges, AreFoundAmongOthers) {
  const std::string bearer = "Bearer realm=\"https://a/t\",service=\"Basic b, Bearer c\"";
  const auto found = [](const http::Headers& headers) { return registries::find_challenge(headers, "Bearer"); };
  EXPECT_EQ(found({{"WWW-Authenticate", bearer}}), bearer);
  EXPECT_EQ(found({{"WWW-Authenticate", "Basic realm=\"x\""}, {"www-authenticate", bearer}}), bearer);
  EXPECT_EQ(found({{"Www-Authenticate", "Basic realm=\"Bearer y, z\", " + bearer}}), bearer);
  EXPECT_EQ(found({{"WWW-Authenticate", "Basic realm=\"x, Bearer realm=y\""}}), "");
  EXPECT_EQ(found({{"X-WWW-Authenticate", bearer}}), "");
  EXPECT_EQ(found({}), "");
}

}  // namespace
}  // namespace teal::test
