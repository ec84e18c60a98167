#include "tests/integration/ecr_registry.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

#include "manifests/foundation/digest.hpp"
#include "tests/support/rest.hpp"

namespace teal::test {

using namespace std::chrono_literals;

EcrRegistry::EcrRegistry(const std::string& folder) : folder_(folder + "/registry") {
  std::filesystem::create_directories(folder_);
  const auto port = free_port();
  behind_ = fmt::format("127.0.0.1:{}", port);
  const auto config = folder_ + "/config.yml";
  std::ofstream{config} << fmt::format(
      "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {}/data}}}}\nhttp: {{addr: "
      "\"127.0.0.1:{}\"}}\n",
      folder_, port);
  registry_ = std::make_unique<Process>(
      Program{{"docker-registry", "serve", config}, {}, "", folder_ + "/log", folder_ + "/log"});
  Rest rest{"http://" + behind_};
  for (int i = 0; !rest.request("GET", "/v2/"); ++i) {
    if (i == 1000 || !registry_->running()) throw std::runtime_error("docker-registry: " + read_text(folder_ + "/log"));
    std::this_thread::sleep_for(10ms);
  }
  aws_ = std::make_unique<AwsDouble>(loop_, clock_);
  gate_ = std::make_unique<HandlerServer>(loop_, [this](Asked asked) { return gate(std::move(asked)); });
  thread_ = std::thread{[this] { loop_.run(); }};
}

EcrRegistry::~EcrRegistry() {
  work_.reset();
  loop_.stop();
  thread_.join();
  gate_.reset();
  aws_.reset();
}

std::string EcrRegistry::host() const { return fmt::format("127.0.0.1:{}", gate_->port()); }
std::string EcrRegistry::aws_url() { return aws_->url(); }

void EcrRegistry::with(const std::function<void(AwsDouble&)>& work) {
  std::promise<void> done;
  boost::asio::post(loop_, [&] {
    work(*aws_);
    done.set_value();
  });
  done.get_future().get();
}

boost::asio::awaitable<Said> EcrRegistry::gate(Asked asked) {
  const auto wanted = "Basic " + encode_base64("AWS:" + aws_->registry_password);
  const bool named = asked.headers.contains("authorization");
  const bool good = asked.header("authorization") == wanted && good_for != 0;
  if (!good) {
    if (named) refused += 1;
    if (named && renews_at_login.exchange(false)) {
      aws_->registry_password += "+";
      good_for = -1;
    }
    Said said{401, {}, R"({"errors":[{"code":"DENIED","message":"Your authorization token has expired."}]})", false};
    said.headers["WWW-Authenticate"] = "Basic realm=\"https://" + host() + "/\",service=\"ecr.amazonaws.com\"";
    said.headers["Docker-Distribution-Api-Version"] = "registry/2.0";
    co_return said;
  }
  if (good_for > 0) good_for -= 1;
  http::Request request;
  request.method = asked.method;
  request.target = asked.target;
  for (const auto* name : {"accept", "range"}) {
    if (asked.headers.contains(name)) request.headers.emplace_back(name, asked.header(name));
  }
  http::Client client{loop_.get_executor(), http::parse_endpoint("http://" + behind_).value()};
  const auto response = co_await client.request(std::move(request), 30s, 512 << 20);
  if (!response) co_return Said{502, {}, response.error().message, false};
  Said said{response->status, {}, response->body, false};
  for (const auto* name : {"Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Content-Range",
                           "Accept-Ranges", "Content-Length"}) {
    const auto value = http::find_header(response->headers, name);
    if (!value.empty()) said.headers[name] = value;
  }
  if (said.body.size() > 1'000'000 && cuts > 0) {
    cuts -= 1;
    said.cut = true;
  }
  co_return said;
}

}  // namespace teal::test
