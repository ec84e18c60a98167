#include "daemon/api/gzip.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>
#include <utility>

namespace teal::api {
namespace {

namespace asio = boost::asio;
namespace zlib = boost::beast::zlib;

constexpr std::size_t worth_it = 128 << 10;  // bytes
constexpr std::size_t most_kept = 4;

std::string_view stripped(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view cut_at(std::string_view& rest, char sign) {
  const auto at = rest.find(sign);
  const auto part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return stripped(part);
}

// "q=0" and "q=0.000" say no.
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto one = cut_at(parameters, ';');
    if (one.size() < 3 || (one[0] != 'q' && one[0] != 'Q') || one[1] != '=') continue;
    return one.substr(2).find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

void put_number(std::string& out, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((number >> shift) & 0xff);
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
  bool anything = false;
  while (!accept_encoding.empty()) {
    auto wish = cut_at(accept_encoding, ',');
    const auto coding = cut_at(wish, ';');
    if (boost::beast::iequals(coding, "gzip") || boost::beast::iequals(coding, "x-gzip")) return !is_refused(wish);
    if (coding == "*") anything = !is_refused(wish);
  }
  return anything;
}

std::string gzip_text(std::string_view text) {
  std::string out{"\x1f\x8b\x08\0\0\0\0\0\x04\xff", 10};  // no name, no time, made fast, by whatever system
  zlib::deflate_stream stream;
  stream.reset(1, 15, 8, zlib::Strategy::normal);
  zlib::z_params state;
  state.next_in = text.data();
  state.avail_in = text.size();
  std::array<char, 64 << 10> piece;
  for (boost::system::error_code end; !end;) {
    state.next_out = piece.data();
    state.avail_out = piece.size();
    stream.write(state, zlib::Flush::finish, end);
    out.append(piece.data(), piece.size() - state.avail_out);
  }
  boost::crc_32_type sum;
  sum.process_bytes(text.data(), text.size());
  put_number(out, sum.checksum());
  put_number(out, static_cast<std::uint32_t>(text.size()));
  return out;
}

asio::awaitable<SharedText> Gzip::of(SharedText text) {
  std::erase_if(newest_, [](const auto& made) { return made->source.expired(); });
  const auto found = std::ranges::find_if(newest_, [&](const auto& made) { return made->source.lock() == text; });
  if (found != newest_.end()) {
    const auto made = *found;
    while (!made->text) co_await made->made.wait();
    co_return made->text;
  }
  const auto made = std::make_shared<Made>();
  made->source = text;
  newest_.push_front(made);
  if (newest_.size() > most_kept) newest_.pop_back();
  auto work = [text] { return gzip_text(*text); };
  made->text = shared(co_await pool_.run(std::move(work)));
  made->made.ring();
  co_return made->text;
}

asio::awaitable<void> compress(Gzip& gzip, bool may, Response& response) {
  auto& body = response.shared_body;
  const auto size = body ? body->size() : response.body.size();
  if (response.stream || size < worth_it) co_return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!may) co_return;
  if (!body) body = shared(std::exchange(response.body, {}));
  body = co_await gzip.of(body);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace teal::api
