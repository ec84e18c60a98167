#include "daemon/drivers/registries/cosign/signature.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/drivers/registries/answer.hpp"
#include "daemon/drivers/registries/digest.hpp"
#include "daemon/runtime/openssl_objects.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::cosign {
namespace {

namespace json = boost::json;

constexpr std::string_view annotation = "dev.cosignproject.cosign/signature";

runtime::OwnedKey read_key(std::string_view pem) {
  const auto source = runtime::open_text(pem);
  runtime::OwnedKey key{PEM_read_bio_PUBKEY(source.get(), nullptr, runtime::no_passphrase, nullptr)};
  ERR_clear_error();
  if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC) key.reset();
  return key;
}

bool is_signed(EVP_PKEY* key, std::string_view payload, const std::string& signature) {
  const runtime::OwnedDigestContext context{EVP_MD_CTX_new()};
  const bool good =
      context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(payload.data()), payload.size()) == 1;
  ERR_clear_error();
  return good;
}

const json::value* member(const json::value* value, std::string_view key) {
  const auto* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

}  // namespace

std::string signature_tag(std::string_view digest) {
  std::string tag{digest};
  if (const auto colon = tag.find(':'); colon != tag.npos) tag[colon] = '-';
  return tag + ".sig";
}

Result<std::vector<Signature>> read_signatures(std::string_view manifest) {
  const auto body = registries::parse_json(manifest, "its signature manifest");
  if (!body) return body.error();
  const auto* layers = member(&*body, "layers");
  std::vector<Signature> found;
  if (layers != nullptr && layers->is_array()) {
    for (const auto& layer : layers->get_array()) {
      const auto* annotations = member(&layer, "annotations");
      Signature one{registries::text_of(layer, "digest"),
                    annotations == nullptr ? std::string{} : registries::text_of(*annotations, annotation)};
      if (registries::is_sha256_digest(one.payload_digest) && !one.signature.empty()) found.push_back(std::move(one));
    }
  }
  if (found.empty()) return Error{ErrorCode::denied, "its signature manifest lists no signature"};
  return found;
}

Result<void> check(std::string_view payload, const Signature& signature, std::string_view public_key,
                   std::string_view digest) {
  const auto key = read_key(public_key);
  if (!key) return Error{ErrorCode::invalid, "the public key is no ECDSA key in PEM form, as cosign.pub is"};
  const auto bytes = decode_base64(signature.signature);
  if (!bytes || !is_signed(key.get(), payload, *bytes)) {
    return Error{ErrorCode::denied, "its signature was not made with this key"};
  }
  const auto body = registries::parse_json(payload, "the signed payload");
  if (!body) return Error{ErrorCode::denied, body.error().message};
  const auto* image = member(member(&*body, "critical"), "image");
  const auto signed_digest = image == nullptr ? std::string{} : registries::text_of(*image, "docker-manifest-digest");
  if (signed_digest != digest) {
    return Error{ErrorCode::denied,
                 fmt::format("its signature is for another image, {}",
                             registries::is_sha256_digest(signed_digest) ? signed_digest : "without a digest")};
  }
  return {};
}

}  // namespace teal::cosign
