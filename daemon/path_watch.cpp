#include "daemon/path_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace teal::daemon {
namespace {

namespace asio = boost::asio;

constexpr std::uint32_t of_interest = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                      IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

PathWatch::PathWatch(asio::any_io_executor executor) : executor_(executor), timer_(std::move(executor)) {}

bool PathWatch::watch(const std::set<std::string>& folders) {
  if (folders == folders_) {
    // One that was missing, or was replaced by another of the same name, is found again.
    for (const auto& folder : folders_) {
      if (readable_) ::inotify_add_watch(readable_->native_handle(), folder.c_str(), of_interest);
    }
    return false;
  }
  folders_ = folders;
  readable_.reset();
  const int descriptor = folders_.empty() ? -1 : ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return true;
  readable_ = std::make_shared<asio::posix::stream_descriptor>(executor_, descriptor);
  for (const auto& folder : folders_) ::inotify_add_watch(descriptor, folder.c_str(), of_interest);
  return true;
}

bool PathWatch::drain() {
  bool any = false;
  std::array<char, 16 << 10> buffer{};
  for (;;) {
    const auto count = ::read(readable_->native_handle(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return any;
    any = true;
  }
}

asio::awaitable<bool> PathWatch::changed(Duration limit) {
  constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
  timer_.expires_after(limit);
  const auto readable = readable_;
  if (!readable) {
    co_await timer_.async_wait(as_result);
    co_return false;
  }
  timer_.async_wait([weak = std::weak_ptr{readable}](const boost::system::error_code& error) {
    const auto still = weak.lock();
    if (!error && still) still->cancel();
  });
  co_await readable->async_wait(asio::posix::stream_descriptor::wait_read, as_result);
  timer_.cancel();
  co_return readable_ == readable&& drain();
}

}  // namespace teal::daemon
