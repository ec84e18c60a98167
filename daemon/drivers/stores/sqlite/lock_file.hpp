// Prevents a second daemon on the same database. It is a kernel lock: it is released with the process, however that
// dies.
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
