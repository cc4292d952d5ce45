#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the readers ask about paths, without Foundation.
package enum Folder {
  /// Whether `path` leads to a folder.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether `path` leads to anything that is not a folder.
  package static func hasFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
  }

  /// Whether two paths lead to the same file or folder.
  package static func isSame(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    guard stat(first, &one) == 0, stat(second, &other) == 0 else { return false }
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }

  /// The names in a folder, sorted, without hidden ones and those that are not UTF-8.
  ///
  /// - Throws: `notFound`, or `system` when it may not be read.
  package static func names(in path: String) throws(AttendError) -> [String] {
    guard let folder = opendir(path) else { throw .system("read", path) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      // From the entry's own address: its name may be longer than the imported structure says.
      let name = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \dirent.d_name)!
      if let name = String(validatingCString: name.assumingMemoryBound(to: CChar.self)), !name.hasPrefix(".") {
        names.append(name)
      }
    }
    return names.sorted()
  }

  /// The folder part of a path: `.` for a bare file name.
  package static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  package static func lastName(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.index(after: $0)...]) } ?? path
  }
}
