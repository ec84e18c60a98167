// Long answers compressed, for those who ask with `Accept-Encoding: gzip`. As in Kubernetes only answers of 128 KiB and
// more, and fast rather than small.
//
// A text that many share is compressed once for all of them, beside the loop. Must be destroyed before the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <list>
#include <memory>
#include <string_view>

#include "daemon/api/message.hpp"
#include "daemon/api/wake_signal.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::api {

// Whether an HTTP Accept-Encoding header lets an answer be gzip.
[[nodiscard]] bool takes_gzip(std::string_view accept_encoding);

[[nodiscard]] std::string gzip_text(std::string_view text);

class Gzip {
 public:
  [[nodiscard]] boost::asio::awaitable<SharedText> of(SharedText text);

 private:
  struct Made {
    std::weak_ptr<const std::string> source;  // what nobody has any more is forgotten
    SharedText text;                          // null: it is being made
    WakeSignal made;
  };
  std::list<std::shared_ptr<Made>> newest_;
  runtime::BlockingPool pool_{1};
};

// Compresses an answer that is worth it, and says on which header it depends.
[[nodiscard]] boost::asio::awaitable<void> compress(Gzip& gzip, bool may, Response& response);

}  // namespace teal::api
