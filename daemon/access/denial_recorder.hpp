// Records denials after the response has been sent, so that nobody waits for it.
//
// Single-threaded. If teald is killed, the counts of the last minute are lost; if it is stopped, they are recorded.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "controllers/ports/store.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/access/denial_tally.hpp"

namespace teal::access {

class DenialRecorder {
 public:
  // All of them outlive it.
  DenialRecorder(const boost::asio::any_io_executor& executor, ports::Store& store, ports::Telemetry& telemetry);
  DenialRecorder(const DenialRecorder&) = delete;
  DenialRecorder& operator=(const DenialRecorder&) = delete;

  // `status` is the answer's: 401 or 403. `application` is empty when the request was about none.
  void denied(const records::Requester& who, int status, const std::string& application);
  // Writes what there is, until `stop`.
  [[nodiscard]] boost::asio::awaitable<void> run();
  void stop();
  // What is left, also what is only counted, if the store takes it.
  [[nodiscard]] boost::asio::awaitable<void> flush();

 private:
  ports::Store& store_;
  ports::Telemetry& telemetry_;
  boost::asio::steady_timer timer_;
  // Those who proved who they are have a share of their own: what strangers do must not push their denials out of
  // sight.
  [[nodiscard]] DenialTally& tally_of(const records::Requester& who) { return who.proof.empty() ? strangers_ : known_; }
  [[nodiscard]] boost::asio::awaitable<bool> write(DenialTally& tally);

  DenialTally known_;
  DenialTally strangers_;
  bool stopping_ = false;
};

}  // namespace teal::access
