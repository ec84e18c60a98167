// The kernel's events for a watched directory, as far as they are relevant.
#pragma once

#include <string>
#include <vector>

namespace teal::daemon {

struct FolderEvent {
  enum class Kind {
    Whole,     // the file can be read now, or is gone
    Created,   // whole if it is a link, else being written
    Written,   // being written: not to be read before the writer rests
    Touched,   // its mode or its links changed; its text perhaps not
    Folder,    // something else came or went, files may be links into it: read everything
    Overflow,  // announcements were lost: read everything
    Lost,      // the folder itself is gone or moved away
  };
  Kind kind = Kind::Folder;
  std::string name;  // of the manifest file; else empty
};

// All that is there now, without waiting. Of watches other than `watch` nothing is told.
[[nodiscard]] std::vector<FolderEvent> take_events(int descriptor, int watch);

}  // namespace teal::daemon
