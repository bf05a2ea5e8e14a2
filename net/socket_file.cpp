#include "net/socket_file.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace sluice::net {

const char* unix_path(const Address& address) noexcept {
  return reinterpret_cast<const sockaddr_un*>(address.raw())->sun_path;
}

// A socket that refuses connections is left over from a process that died. Any other failure (no
// permission, a full backlog) may be somebody alive.
void remove_stale_socket(const Address& address) noexcept {
  struct stat status {};
  if (::lstat(unix_path(address), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return;
  const bool dead = ::connect(probe, address.raw(), address.length()) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (dead) ::unlink(unix_path(address));
}

}  // namespace sluice::net
