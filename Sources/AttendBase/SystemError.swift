#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension AttendError {
  /// The error for a system call that has just failed, from `errno`: what was tried, on which path, and why not.
  package static func system(_ action: String, _ path: String) -> AttendError {
    let number = errno
    let reason = String(cString: strerror(number))
    switch number {
    case ENOENT, ENOTDIR:
      return AttendError(.notFound, "\(path) does not exist", hint: "check the path")
    case EACCES, EPERM, EROFS:
      return AttendError(.system, "cannot \(action) \(path): \(reason)", hint: "check the permissions")
    case ENOSPC, EDQUOT:
      return AttendError(.system, "cannot \(action) \(path): \(reason)", hint: "make room on that disk")
    default:
      return AttendError(.system, "cannot \(action) \(path): \(reason)")
    }
  }
}
