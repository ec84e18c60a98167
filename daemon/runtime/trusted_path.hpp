// Opens a file or a folder that only root, or teald's own user, can have put there.
//
// What a manifest or teald.yaml says is done with teald's rights, which are root's as a rule: whoever can change such a
// file is root on this machine. So the file, every folder that a name is looked up in on the way to it, and every
// symbolic link that is followed must
//  - belong to root or to teald's own user, and
//  - not be writable by others, nor by a group other than root's and teald's own (an ACL counts as others).
// A sticky folder (/tmp) may be writable where what is looked up in it is a folder or the file itself and root's or
// ours: nobody else can replace that. It may not be the folder that was asked for, in which anybody can create
// something, nor hold a link or what a link leads to. In a pod of Kubernetes, where volumes are mode 0777 and mounted
// read-only, a read-only mount counts as not writable.
//
// The walk holds each folder open while it looks into it, and what is judged is what was opened: no race.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/runtime/descriptor.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::runtime {

enum class PathKind { File, Folder };

// From the open folder `base` when the path is relative; without one from the present folder. Symbolic links are
// followed. Blocks only as long as the file system does, never on a FIFO or a device, which are not opened at all.
//
// Errors, without the path itself before them: not_found; denied (no right to read it, or it is not trusted: then with
// what is wrong of which owner and mode, and the command that fixes it); invalid (no regular file or no folder, a loop
// of links); unavailable.
[[nodiscard]] Result<Descriptor> open_trusted(std::string_view path, PathKind kind, int base = -1);

// Whether the folder in which a file or a socket is made is one where nobody else can make, rename or replace it.
// Errors as open_trusted gives them, with the folder's path before them.
[[nodiscard]] Result<void> judge_folder_of(const std::string& path);

// What an open file holds, cut at `most` bytes. Error: unavailable.
[[nodiscard]] Result<std::string> read_text(int file, std::size_t most);

// A path as a shell takes it, in quotes where it needs them.
[[nodiscard]] std::string shell_word(std::string_view path);

}  // namespace teal::runtime
