// Signature Version 4 the other way round: from a request to what its signature must be.
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tests/support/aws_double.hpp"

namespace teal::test {
namespace {

std::string digest(const std::string& data) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  std::string out(32, '\0');
  unsigned size = 0;
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  EVP_DigestUpdate(context.get(), data.data(), data.size());
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

// RFC 2104 by hand, so that nothing is shared with what is checked.
std::string keyed(std::string key, const std::string& data) {
  if (key.size() > 64) key = digest(key);
  key.resize(64, '\0');
  std::string inner = key;
  std::string outer = key;
  for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
  return digest(outer + digest(inner + data));
}

std::string in_hex(const std::string& bytes) {
  static const char* const digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char c : bytes) text += {digits[c >> 4], digits[c & 15]};
  return text;
}

std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> all;
  std::istringstream stream{text};
  for (std::string one; std::getline(stream, one, separator);) all.push_back(one);
  return all;
}

}  // namespace

std::string expected_signature(const Asked& asked, const std::string& signed_headers, const std::string& scope,
                               const std::string& secret_key, std::string* canonical) {
  const auto question = asked.target.find('?');
  auto query =
      question == std::string::npos ? std::vector<std::string>{} : pieces(asked.target.substr(question + 1), '&');
  std::sort(query.begin(), query.end());
  std::ostringstream request;
  request << asked.method << '\n' << asked.target.substr(0, question) << '\n';
  for (std::size_t i = 0; i < query.size(); ++i) {
    request << (i == 0 ? "" : "&") << query[i] << (query[i].find('=') == std::string::npos ? "=" : "");
  }
  request << '\n';
  for (const auto& name : pieces(signed_headers, ';')) {
    std::istringstream words{asked.header(name)};
    request << name << ':';
    std::string before;
    for (std::string word; words >> word; before = " ") request << before << word;
    request << '\n';
  }
  request << '\n' << signed_headers << '\n' << in_hex(digest(asked.body));
  if (canonical != nullptr) *canonical = request.str();
  const auto parts = pieces(scope, '/');  // day/region/service/aws4_request
  if (parts.size() != 4) return "";
  auto key = "AWS4" + secret_key;
  for (const auto& part : parts) key = keyed(key, part);
  return in_hex(keyed(
      key, "AWS4-HMAC-SHA256\n" + asked.header("x-amz-date") + "\n" + scope + "\n" + in_hex(digest(request.str()))));
}

}  // namespace teal::test
