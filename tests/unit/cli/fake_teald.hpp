// A teald that answers what a test says, byte for byte, on a Unix socket of its own; and the real `teal` run against
// it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace teal::cli {

struct Asked {
  std::string line;  // "GET /apis/teal/v1/applications"
  std::string headers;
  std::string body;
};

// A whole HTTP answer.
[[nodiscard]] std::string http_answer(int status, const std::string& body,
                                      const std::string& type = "application/json");
// 4xx or 5xx with a Status object.
[[nodiscard]] std::string http_failure(int status, const std::string& message);

class FakeTeald {
 public:
  // `answer` gives the bytes to send for a request; it runs on the server's thread.
  explicit FakeTeald(std::function<std::string(const Asked&)> answer);
  ~FakeTeald();

  [[nodiscard]] std::string url() const { return "unix://" + path_; }
  [[nodiscard]] std::vector<Asked> asked() const;
  // Goes away like a teald that restarts, and comes back on the same socket.
  void stop();
  void start();

 private:
  void serve();
  void serve_one(int connection);

  std::function<std::string(const Asked&)> answer_;
  std::string folder_;
  std::string path_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
};

struct Outcome {
  int status = -1;  // -1: killed, since it took longer than 30 s
  std::string out;
  std::string err;
};

// `environment` is all that it gets, besides a UTF-8 locale.
[[nodiscard]] Outcome run_teal(const std::vector<std::string>& arguments, const std::string& input = {},
                               const std::vector<std::string>& environment = {});

// A directory of one's own, gone with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  // Its full path.
  std::string write(const std::string& name, const std::string& text) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace teal::cli
