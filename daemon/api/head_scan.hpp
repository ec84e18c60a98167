// Checks the head of a request (request line and headers) before it is parsed, and refuses anything that two HTTP
// parsers could read as different requests (RFC 9112, 2.2, 5.2, 6.1 and 6.3): this is how requests are smuggled past a
// proxy.
//
// Refused: a line that does not end in CR LF, a control character, a folded header, a header name that is not a token
// or is followed by a space before its colon, more than one Content-Length or one that is not only digits, a
// Transfer-Encoding other than "chunked" (in any case), and one next to a Content-Length or with HTTP/1.0. Each byte is
// looked at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace teal::api {

class HeadScan {
 public:
  enum class Verdict { More, Whole, Refused };

  // `arrived`: all that has come of this request, from its first byte, before and now.
  [[nodiscard]] Verdict look(std::string_view arrived);
  // Bytes of the whole head, with the empty line that ends it.
  [[nodiscard]] std::size_t size() const { return at_; }
  // Why it was refused.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  Verdict refuse(std::string why);
  [[nodiscard]] bool take_line(std::string_view line);
  [[nodiscard]] bool take_field(std::string_view line);
  [[nodiscard]] Verdict end();

  std::size_t at_ = 0;    // looked at up to here
  std::size_t line_ = 0;  // where the line begins
  bool has_request_line_ = false;
  bool is_http_1_0_ = false;
  int lengths_ = 0;
  int codings_ = 0;
  std::string why_;
};

}  // namespace teal::api
