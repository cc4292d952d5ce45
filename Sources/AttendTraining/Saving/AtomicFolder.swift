import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Folders that appear whole or not at all, and go whole.
package enum AtomicFolder {
  private static let prefix = ".attend-"

  /// Writes a folder under a hidden name, forces it to the disk and renames it. When `body` throws, nothing is left.
  /// - Throws: what `body` throws; `system` when the disk is full or fails.
  package static func write(to path: String, _ body: (_ temporaryPath: String) throws -> Void) throws {
    let parent = Folder.parent(of: path)
    let temporary = "\(parent)/\(prefix)\(getpid())-\(Folder.lastName(of: path)).tmp"
    remove(temporary)
    guard mkdir(temporary, 0o777) == 0 else { throw AttendError.system("create", temporary) }
    do {
      try body(temporary)
      force(temporary)
      // The same step written twice, after a stop between two renames: the new one counts.
      if Folder.exists(path) { remove(path) }
      guard rename(temporary, path) == 0 else { throw AttendError.system("write", path) }
    } catch {
      remove(temporary)
      throw error
    }
    force(parent)
  }

  /// Creates a folder and those above it.
  /// - Throws: `system` when that is not possible.
  package static func create(_ path: String) throws(AttendError) {
    if Folder.exists(path) { return }
    let parent = Folder.parent(of: path)
    if parent != path, !Folder.exists(parent) { try create(parent) }
    guard mkdir(path, 0o777) == 0 || Folder.exists(path) else { throw .system("create", path) }
  }

  /// Removes a folder of files. It gets a hidden name first, so that nobody takes half of it for a whole.
  package static func remove(_ path: String) {
    guard Folder.exists(path) else { return }
    var doomed = path
    if !Folder.lastName(of: path).hasPrefix(prefix) {
      doomed = "\(Folder.parent(of: path))/\(prefix)\(getpid())-\(Folder.lastName(of: path)).old"
      guard rename(path, doomed) == 0 else { return }
    }
    for name in allNames(in: doomed) { unlink("\(doomed)/\(name)") }
    rmdir(doomed)
  }

  /// Removes what a stopped process has left behind in a folder.
  static func clean(_ path: String) {
    for name in allNames(in: path) where name.hasPrefix(prefix) {
      let leftover = "\(path)/\(name)"
      if Folder.exists(leftover) { remove(leftover) } else { unlink(leftover) }
    }
  }

  private static func force(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    // Some file systems refuse to force folders; they are in place all the same.
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
  }

  /// Hidden names, too.
  private static func allNames(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      guard let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) else { continue }
      let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
      if let name = String(validatingCString: start), name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
