#include "tests/support/rest.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "daemon/http/http_client.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

// A test of many applications asks for all of them, and for what is measured of each, at once.
constexpr std::size_t largest_answer = 256 << 20;

http::Endpoint endpoint_of(const std::string& url) {
  auto endpoint = http::parse_endpoint(url);
  if (!endpoint) throw std::runtime_error(endpoint.error().message);
  return *endpoint;
}

}  // namespace

struct Rest::State {
  boost::asio::io_context loop;
  http::Client client;
  std::string token;
  State(const std::string& url, std::string its_token, runtime::TlsFiles tls)
      : client(loop.get_executor(), endpoint_of(url), std::move(tls)), token(std::move(its_token)) {}
};

Rest::Rest(const std::string& url, const std::string& token, runtime::TlsFiles tls)
    : state_(std::make_unique<State>(url, token, std::move(tls))) {}
Rest::~Rest() = default;

std::optional<RestAnswer> Rest::request(const std::string& method, const std::string& target, const std::string& body) {
  http::Request request;
  request.method = method;
  request.target = target;
  request.body = body;
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!state_->token.empty()) request.headers.emplace_back("Authorization", "Bearer " + state_->token);
  const auto response =
      await(state_->loop, state_->client.request(std::move(request), std::chrono::seconds{5}, largest_answer));
  if (!response) return std::nullopt;
  RestAnswer answer;
  answer.status = response->status;
  answer.text = response->body;
  boost::json::error_code error;
  answer.body = boost::json::parse(answer.text, error);
  if (error) answer.body = nullptr;
  return answer;
}

boost::json::value Rest::get(const std::string& target) {
  auto answer = request("GET", target);
  if (!answer || answer->status != 200) return nullptr;
  return std::move(answer->body);
}

std::string text_at(const boost::json::value& value, const std::string& pointer) {
  boost::json::error_code error;
  const auto* found = value.find_pointer(pointer, error);
  if (!found) return "";
  if (found->is_string()) return std::string{found->as_string()};
  return boost::json::serialize(*found);
}

std::int64_t number_at(const boost::json::value& value, const std::string& pointer) {
  boost::json::error_code error;
  const auto* found = value.find_pointer(pointer, error);
  return found && found->is_int64() ? found->as_int64() : -1;
}

boost::json::array array_at(const boost::json::value& value, const std::string& pointer) {
  boost::json::error_code error;
  const auto* found = value.find_pointer(pointer, error);
  return found && found->is_array() ? found->as_array() : boost::json::array{};
}

}  // namespace teal::test
