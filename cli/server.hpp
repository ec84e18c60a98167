// teald, as the command line sees it: REST calls that block until they are answered.
//
// Each call carries the token, where there is one. Errors, in the codes that exit statuses are made from: unavailable
// (nobody answers, with what to do about it), timed_out, invalid (the URL, what is to prove who asks, or a request that
// teald calls wrong), not_found, conflict, denied (also: its certificate is not trusted), unhealthy (somebody answers,
// but not as teald should: cli/server_trouble.hpp), internal.
// Messages are teald's own where it gave one; they are not safe to print as they are (Screen::text).
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/access.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {

inline constexpr std::string_view default_server = "unix:///run/teal/teal.sock";

struct Content {
  std::string type;  // of the body; empty without one
  std::string body;
};

class Server {
 public:
  // Reads the token and connects with the first call only; what is wrong with either is that call's error.
  explicit Server(std::string url, Access access = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // GET, an object as answer.
  [[nodiscard]] Result<boost::json::value> read(const std::string& target,
                                                Duration deadline = std::chrono::seconds{30});
  // GET, text as answer.
  [[nodiscard]] Result<std::string> read_text(const std::string& target, Duration deadline = std::chrono::seconds{60});
  // What /readyz says: "ok" or "not ready", then a line for each reason or warning.
  [[nodiscard]] Result<std::string> readiness(Duration deadline = std::chrono::seconds{5});
  // GET, text as it comes, until the answer ends or `on_text` returns false; there is no deadline but for its
  // beginning. Teald ends a stream also when the caller may no longer see it, and when it stops: see stream_ended.
  [[nodiscard]] Result<void> follow(const std::string& target, const std::function<bool(std::string_view)>& on_text);
  // The same, and `on_text` is also called with nothing whenever nothing has come for so long.
  [[nodiscard]] Result<void> follow(const std::string& target, const std::function<bool(std::string_view)>& on_text,
                                    Duration patience);
  // Any other method; null for an empty answer.
  [[nodiscard]] Result<boost::json::value> send(const std::string& method, const std::string& target,
                                                Content content = {}, Duration deadline = std::chrono::seconds{60});

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const Access& access() const { return access_; }

 private:
  struct Connection;
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] Result<http::Response> exchange(const std::string& method, const std::string& target, Content content,
                                                Duration deadline);
  [[nodiscard]] Result<std::string> call(const std::string& method, const std::string& target, Content content,
                                         Duration deadline);
  [[nodiscard]] Error failed(const Error& error, const std::string& what) const;
  [[nodiscard]] Error refused(const std::string& what, const http::Response& response) const;

  std::string url_;
  Access access_;
  std::unique_ptr<Connection> connection_;
};

// For a follower whose stream ended before what it follows did, although teald still lets it in.
[[nodiscard]] Error stream_ended();

// "/apis/teal/v1/applications/shop[/rest]", names percent-encoded.
[[nodiscard]] std::string application_path(std::string_view name, std::string_view rest = {});
[[nodiscard]] std::string rollout_path(std::string_view name, std::string_view rest = {});

}  // namespace teal::cli
