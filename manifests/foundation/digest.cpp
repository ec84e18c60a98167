#include "manifests/foundation/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/algorithm/hex.hpp>
#include <iterator>
#include <stdexcept>

namespace teal {
namespace {

constexpr std::size_t sha256_bytes = 32;

const unsigned char* octets(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  boost::algorithm::hex_lower(bytes, std::back_inserter(text));
  return text;
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

std::string sha256_hex(std::string_view bytes) {
  std::string digest(sha256_bytes, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), octets(digest), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return hex(digest);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string digest(sha256_bytes, '\0');
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(bytes), bytes.size(), octets(digest),
           nullptr) == nullptr) {
    throw std::runtime_error("OpenSSL has no HMAC with SHA-256");
  }
  return digest;
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) { return hex(hmac_sha256(key, bytes)); }

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()));
  return text;
}

std::string encode_base64url(std::string_view bytes) {
  auto text = encode_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits{text};
  std::erase_if(digits, [](char c) { return c == '\n' || c == '\r'; });
  digits.erase(digits.find_last_not_of('=') + 1);
  // OpenSSL leaves these out at the ends, and reads = as a zero.
  if (digits.size() % 4 == 1 || digits.find_first_of("=- \t") != digits.npos) return std::nullopt;
  const auto padding = (4 - digits.size() % 4) % 4;
  digits.append(padding, '=');
  std::string bytes(digits.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(octets(bytes), octets(std::string_view{digits}), static_cast<int>(digits.size())) < 0) {
    return std::nullopt;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::optional<std::string> random_hex(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_priv_bytes(octets(random), static_cast<int>(random.size())) != 1) return std::nullopt;
  auto text = hex(random);
  OPENSSL_cleanse(random.data(), random.size());
  return text;
}

}  // namespace teal
