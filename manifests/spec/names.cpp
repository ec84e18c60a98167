#include "manifests/spec/names.hpp"

namespace teal::spec {

std::span<const Name<SslMode>> names_of(SslMode) {
  static constexpr std::array<Name<SslMode>, 5> table{{{SslMode::Disable, "disable"},
                                                       {SslMode::Prefer, "prefer"},
                                                       {SslMode::Require, "require"},
                                                       {SslMode::VerifyCA, "verify-ca"},
                                                       {SslMode::VerifyFull, "verify-full"}}};
  return table;
}

}  // namespace teal::spec
