// Keeps a second daemon off the same database. The lock is the kernel's: it goes with the process, whatever kills it.
#pragma once

#include <string>

namespace teal::sqlite {

class LockFile {
 public:
  // Waits for two seconds at most. Throws Failure: conflict, naming the process that holds it; denied, also for a link
  // or a file of somebody else, which stay as they are; not_found when the folder is missing.
  explicit LockFile(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  int file_ = -1;
};

}  // namespace teal::sqlite
