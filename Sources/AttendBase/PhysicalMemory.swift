#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory that the process may use.
package enum PhysicalMemory {
  /// The machine's memory or the limit of the process's cgroup, whichever is less, in bytes; found once.
  package static let bytes: Int = {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    let (all, overflow) = Int(pages).multipliedReportingOverflow(by: Int(size))
    let machine = pages > 0 && size > 0 && !overflow ? all : 1 << 30
    return groupLimits().reduce(machine, min)
  }()

  /// Limits of the process's cgroup and of those around it, of both versions of the interface.
  private static func groupLimits() -> [Int] {
    var limits: [Int] = []
    // hierarchy:controllers:path
    for line in (firstBytes(of: "/proc/self/cgroup") ?? "").split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let root: String
      let file: String
      if fields[1].isEmpty {
        (root, file) = ("/sys/fs/cgroup", "memory.max")
      } else if fields[1].split(separator: ",").contains("memory") {
        (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      } else {
        continue
      }
      // Inside a container the path may be the host's: then the root is the container's own group.
      var group = String(fields[2])
      while true {
        let path = root + (group == "/" ? "" : group) + "/" + file
        if let text = firstBytes(of: path), let limit = Int(text.prefix { $0.isNumber }), limit > 0 {
          limits.append(limit)
        }
        if group == "/" || group == "." || group.isEmpty { break }
        group = Folder.parent(of: group)
      }
    }
    return limits
  }

  /// The beginning of a small file, or nil.
  private static func firstBytes(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
