#include "cli/exit_status.hpp"

namespace teal::cli {

ExitStatus exit_status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid:
      return ExitStatus::BadUsage;
    case ErrorCode::unavailable:
      return ExitStatus::NoDaemon;
    case ErrorCode::timed_out:
      return ExitStatus::TimedOut;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::unhealthy:
    case ErrorCode::cancelled:
    case ErrorCode::internal:
      return ExitStatus::Failed;
  }
  return ExitStatus::Failed;
}

}  // namespace teal::cli
