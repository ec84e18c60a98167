// Result<T>: a T or an Error. Expected failures are values; only bugs throw.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>

#include "manifests/foundation/error.hpp"

namespace teal {

template <class T>
using Result = boost::system::result<T, Error>;

// Called by Result::value() on an error: asking for a value that is not there is a bug.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error(error.message);
}

}  // namespace teal
